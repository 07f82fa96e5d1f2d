/* Users in a program that contains glibc. Its own lookups load the libraries that /etc/nsswitch.conf names, which belong
 * to the glibc of the system, and end the program if a user is not in /etc/passwd: without HOME in a container, or for
 * '~name' in git's configuration. These look in /etc/passwd only, as musl does. build.rs links this file, and has the
 * linker use '__wrap_NAME' for NAME. */

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

/* Finds the user with a name or, if that is NULL, with a number. */
static int find(const char *name, uid_t uid, struct passwd *entry, char *buffer, size_t length, struct passwd **result) {
  FILE *file = fopen("/etc/passwd", "re");
  int error;

  *result = NULL;
  if (file == NULL) return errno == ENOENT ? 0 : errno;
  while ((error = fgetpwent_r(file, entry, buffer, length, result)) == 0) {
    if (name != NULL ? strcmp(entry->pw_name, name) == 0 : entry->pw_uid == uid) break;
  }
  if (error != 0) *result = NULL;
  fclose(file);
  /* At the end of the file. */
  return error == ENOENT ? 0 : error;
}

int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t length, struct passwd **result) {
  return find(NULL, uid, entry, buffer, length, result);
}

struct passwd *__wrap_getpwnam(const char *name) {
  static struct passwd entry;
  static char buffer[4096];
  struct passwd *result;

  return find(name, 0, &entry, buffer, sizeof buffer, &result) == 0 ? result : NULL;
}
