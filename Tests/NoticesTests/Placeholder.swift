// NoticesTests
