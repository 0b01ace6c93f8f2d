-- A part of all UUIDs.
{id} between {low} and {high}
