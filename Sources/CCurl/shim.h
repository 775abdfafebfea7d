// libcurl, and its variadic calls in a form that Swift can call.

#ifndef HERALD_CCURL_H
#define HERALD_CCURL_H

#include <curl/curl.h>

typedef size_t (*herald_data_callback)(char *, size_t, size_t, void *);
typedef int (*herald_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*herald_timer_callback)(CURLM *, long, void *);

static inline CURLcode herald_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode herald_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode herald_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode herald_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode herald_curl_set_data_callback(CURL *easy, CURLoption option, herald_data_callback value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode herald_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode herald_curl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode herald_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode herald_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode herald_multi_set_socket_callback(CURLM *multi, herald_socket_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}
static inline CURLMcode herald_multi_set_timer_callback(CURLM *multi, herald_timer_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}
// The private pointer of an easy handle belongs to the transfer it stands for.
static inline CURLMsg *herald_multi_read(CURLM *multi, int *left) {
    return curl_multi_info_read(multi, left);
}
static inline CURLcode herald_message_result(const CURLMsg *message) {
    return message->data.result;
}

#endif
