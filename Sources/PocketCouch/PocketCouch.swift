// PocketCouch
