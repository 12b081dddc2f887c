import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0011_sources_of_each_language")]

    operations = [
        migrations.RemoveField(model_name="templatefamily", name="sources"),
        migrations.AddField(
            model_name="templatetranslation",
            name="given",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="templatetranslation",
            index=models.Index(
                condition=models.Q(
                    ("submitting_at__isnull", False), ("given__isnull", False), _connector="OR"
                ),
                fields=["submitting_at"],
                name="template_asked_about",
            ),
        ),
        migrations.RemoveConstraint(model_name="templateupload", name="upload_once_a_waba"),
        migrations.RemoveField(model_name="templateupload", name="waba"),
        migrations.AddField(
            model_name="templateupload",
            name="sender",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="whatsapp.sender",
            ),
        ),
        migrations.AddConstraint(
            model_name="templateupload",
            constraint=models.UniqueConstraint(
                fields=("company", "file", "sender"), name="template_file_once_a_number"
            ),
        ),
    ]
