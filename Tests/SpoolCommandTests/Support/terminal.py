"""A user at a terminal: starts a program on a pseudo-terminal, types keys, and waits for what he sees.

Usage: terminal.py PROGRAM [ARGUMENT ...] < STEPS
Each line of STEPS is one of
  see TEXT     wait until the screen shows the text
  gone TEXT    wait until it does not
  type KEYS    type keys; \\n, \\x1b and the like are read
  size W H     resize the terminal
  signal NAME  send a signal to the program
  end CODE     wait for the program's end; the terminal must have its own screen back
"""
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

WIDTH, HEIGHT, PATIENCE = 100, 30, 90


class Screen:
    """As much of a terminal as the program uses."""

    def __init__(self):
        self.rows, self.raw, self.width = {}, "", WIDTH

    def feed(self, data):
        self.raw += data.decode(errors="replace")
        frames = self.raw.split("\x1b[H")
        # The last whole frame: each ends by clearing what is below.
        whole = [frame for frame in frames[1:] if "\x1b[J" in frame]
        if whole:
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", whole[-1].split("\x1b[J")[0])
            self.rows = dict(enumerate(row.rstrip("\r") for row in text.split("\n")))

    @property
    def text(self):
        return "\n".join(self.rows.values())


def main():
    steps = sys.stdin.read().splitlines()
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(sys.argv[1], sys.argv[1:])

    def resize(width, height):
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        screen.width = width

    screen, status = Screen(), None
    resize(WIDTH, HEIGHT)

    def read(seconds):
        if not select.select([master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(master, 65536)
        except OSError:
            return False
        screen.feed(data)
        return bool(data)

    def until(what, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end or not read(0.1) and not holds():
                sys.exit(f"{what}: not seen; the screen is\n{screen.text}")

    for step in steps:
        verb, _, rest = step.partition(" ")
        if verb == "see":
            until(step, lambda: rest in screen.text)
        elif verb == "gone":
            until(step, lambda: rest not in screen.text)
        elif verb == "type":
            os.write(master, rest.encode().decode("unicode_escape").encode())
        elif verb == "size":
            resize(*map(int, rest.split()))
        elif verb == "signal":
            os.kill(pid, getattr(signal, rest))
        elif verb == "end":
            while read(1):
                if status is None:
                    done, code = os.waitpid(pid, os.WNOHANG)
                    status = os.waitstatus_to_exitcode(code) if done else None
            if status is None:
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if status != int(rest):
                sys.exit(f"{step}: it ended with {status}; the screen is\n{screen.text}\n{screen.raw[-300:]}")
            if not screen.raw.rstrip().endswith("\x1b[?1049l"):
                sys.exit(f"{step}: the terminal has not its own screen back: {screen.raw[-80:]!r}")
        longest = max([len(row) for row in screen.rows.values()] or [0])
        if longest > WIDTH:
            sys.exit(f"{step}: a row of {longest} columns wraps")
    print("seen")


main()
