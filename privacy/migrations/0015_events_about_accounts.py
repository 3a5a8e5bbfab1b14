"""What was done to an account is found without reading the days it was done in."""

from django.db import migrations

INDEX = """
CREATE INDEX audit_event_account ON privacy_auditevent (target, at DESC)
  WHERE target LIKE 'staff:%';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0014_counted_boxes'),
    ]

    operations = [
        migrations.RunSQL(sql=INDEX, reverse_sql="DROP INDEX audit_event_account;"),
    ]
