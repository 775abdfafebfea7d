// CouchFeed
