"""A password that somebody handed over is good for choosing another one only."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0021_separation'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='password_handed_over',
            field=models.BooleanField(default=False),
        ),
    ]
