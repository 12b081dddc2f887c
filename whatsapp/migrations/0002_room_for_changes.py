"""Leaves room in the pages of tables whose rows change after they are written, so that a change
stays in its page and touches no index (PostgreSQL, "Heap-Only Tuples")."""

from django.db import migrations

ROOM = {
    "whatsapp_message": 80,
    "whatsapp_conversation": 80,
    "whatsapp_contactfact": 80,
}


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET (fillfactor = {percent})",
            f"ALTER TABLE {table} RESET (fillfactor)",
        )
        for table, percent in ROOM.items()
    ]
