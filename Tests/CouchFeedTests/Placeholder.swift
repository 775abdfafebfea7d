// CouchFeedTests
