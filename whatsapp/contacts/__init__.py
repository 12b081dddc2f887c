"""Who somebody is: from what WhatsApp shows of a person to one contact row and one candidate."""
