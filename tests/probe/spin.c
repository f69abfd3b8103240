/* The smallest process there can be: spins ARGV[1] rounds, ends with code ARGV[2]. No C library, so that starting it
 * costs next to nothing; no system call but the last, so that nothing refreshes the kernel's account of its time. */
static long number(const char *digits) {
    long value = 0;
    while (*digits >= '0' && *digits <= '9')
        value = value * 10 + *digits++ - '0';
    return value;
}

__attribute__((used)) void begin(long *stack) {
    long count = stack[0];
    char **words = (char **)(stack + 1);
    long rounds = count > 1 ? number(words[1]) : 0, code = count > 2 ? number(words[2]) : 0;
    for (long i = 0; i < rounds; i++)
        __asm__ volatile("" : "+r"(i));
    for (;;) {
#if defined(__x86_64__)
        long answer; /* exit_group is 231 */
        __asm__ volatile("syscall" : "=a"(answer) : "a"(231), "D"(code) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
        register long x8 __asm__("x8") = 94; /* exit_group */
        register long x0 __asm__("x0") = code;
        __asm__ volatile("svc 0" : : "r"(x8), "r"(x0) : "memory");
#else
#error "no way to end a process on this machine is written down here"
#endif
    }
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call begin\n hlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#endif
