from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sso", "0001_receipts")]

    operations = [
        migrations.AddField(
            model_name="signinreceipt",
            name="encrypted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="signinreceipt",
            name="algorithms",
            field=models.JSONField(default=list),
        ),
    ]
