from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The largest table: it is written to meanwhile.
    atomic = False

    dependencies = [("whatsapp", "0009_teams_words_and_presses")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                condition=models.Q(("template__isnull", False)),
                fields=["template", "created_at"],
                name="message_by_template_and_time",
            ),
        ),
        RemoveIndexConcurrently(model_name="message", name="message_by_template"),
    ]
