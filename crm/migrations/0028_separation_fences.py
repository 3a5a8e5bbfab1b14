"""No account bears two roles; whoever audits the ledger of consents writes nothing into it."""

from django.db import migrations

from crm.migrations.operations import separation


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0027_access_lines'),
        ('privacy', '0014_counted_boxes'),
    ]

    operations = [*separation.OPERATIONS]
