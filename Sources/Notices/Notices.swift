// Notices
