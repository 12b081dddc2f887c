from django.db import migrations

# What all languages of a name shared is each one's own now, and is both sent and being written.
MOVE = """
UPDATE whatsapp_templatetranslation t
SET sources = f.sources, draft_sources = f.sources, draft_file_id = t.file_id
FROM whatsapp_templatefamily f WHERE f.id = t.family_id
"""
MOVE_BACK = """
UPDATE whatsapp_templatefamily f SET sources = t.sources
FROM whatsapp_templatetranslation t WHERE t.family_id = f.id AND t.submitted_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0010_messages_by_template_and_time")]

    operations = [
        migrations.RunSQL(MOVE, MOVE_BACK),
        # They become a number's; a file is given to Meta again with its next message.
        migrations.RunSQL("DELETE FROM whatsapp_templateupload", migrations.RunSQL.noop),
    ]
