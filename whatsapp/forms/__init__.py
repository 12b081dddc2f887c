"""Input from people: checked, with an error beside the field it belongs to."""
