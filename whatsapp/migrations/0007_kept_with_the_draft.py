import django.db.models.deletion
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0006_what_was_told_and_when")]

    operations = [
        migrations.AddField(
            model_name="bulkrun",
            name="template_digest",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="templatetranslation",
            name="draft_file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="whatsapp.templatefile",
            ),
        ),
        migrations.AddField(
            model_name="templatetranslation",
            name="draft_sources",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="templatetranslation",
            name="sources",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="templatetranslation",
            name="saved_turn",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="templatetranslation",
            name="saved_from",
            field=models.CharField(blank=True, max_length=36),
        ),
    ]
