from django.db import migrations

# A deleted name waits where Meta had approved it once.
KNOWN = """
UPDATE whatsapp_messagetemplate SET was_approved = TRUE
WHERE status NOT IN ('PENDING', 'REJECTED', 'LIMIT_EXCEEDED', 'DELETED', 'PENDING_DELETION')
"""


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0013_heard_and_approved")]

    operations = [migrations.RunSQL(KNOWN, migrations.RunSQL.noop)]
