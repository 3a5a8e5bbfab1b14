"""The right to break the glass, given back where a use found no verdict."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0035_notice_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='breakglasslift',
            name='unjudged',
            field=models.BooleanField(default=False),
        ),
    ]
