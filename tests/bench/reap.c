/* Preloaded into busybox httpd: waits for the children that it would not wait for,
   so that the kernel adds their CPU to its own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

static void reap(int number)
{
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

sighandler_t signal(int number, sighandler_t handler)
{
    const struct sigaction action = {.sa_handler = reap,
                                     .sa_flags = SA_RESTART};
    if (number == SIGCHLD && handler == SIG_IGN)
        return sigaction(SIGCHLD, &action, NULL) == 0 ? SIG_DFL : SIG_ERR;
    return ((sighandler_t(*)(int, sighandler_t))dlsym(RTLD_NEXT, "signal"))(
        number, handler);
}
