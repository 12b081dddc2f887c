from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0012_asked_and_uploaded")]

    operations = [
        migrations.AddField(
            model_name="messagetemplate",
            name="category_heard_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="messagetemplate",
            name="heard_at",
            field=models.DateTimeField(blank=True, help_text="Of the status", null=True),
        ),
        migrations.AddField(
            model_name="messagetemplate",
            name="was_approved",
            field=models.BooleanField(default=False, help_text="Also before a review of now"),
        ),
    ]
