"""No account bears two roles; whoever audits the ledger of consents writes nothing into it."""

from django.db import migrations

from crm.migrations.operations import separation


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0023_finding_owner'),
        ('privacy', '0014_counted_boxes'),
    ]

    operations = [*separation.OPERATIONS]
