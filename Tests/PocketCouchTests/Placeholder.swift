// PocketCouchTests
