import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ats", "0002_teams_and_languages"),
        ("whatsapp", "0008_rate_cards"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="templatefile", name="template_file_by_content"),
        migrations.AddIndex(
            model_name="templatefile",
            index=models.Index(fields=["company", "created_at"], name="template_file_by_age"),
        ),
        migrations.AddField(
            model_name="messagetemplate",
            name="rejection_words",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="templatefamily",
            name="client_id",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="templateteam",
            name="team",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="ats.team",
            ),
        ),
        # On the way back: before this, a row went with its team.
        migrations.RunSQL(
            migrations.RunSQL.noop, "DELETE FROM whatsapp_templateteam WHERE team_id IS NULL"
        ),
        migrations.AddConstraint(
            model_name="templatefamily",
            constraint=models.UniqueConstraint(
                fields=("company", "client_id"), name="template_begun_once"
            ),
        ),
    ]
