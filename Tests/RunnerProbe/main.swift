import SpoolPilot
import SpoolStore

// A pilot reduced to its runner, to be killed by a test: it starts what it is given, as
// `runner-probe DIRECTORY COMMAND…`, each COMMAND a line for the shell, and waits for ever. What
// goes wrong is an uncaught error, which the test sees as the death of this process.
let arguments = CommandLine.arguments
let runner = try ProcessRunner()
let waker = try Waker()
for (id, command) in arguments.dropFirst(2).enumerated() {
  let directory = arguments[1]
  runner.start(
    Payload(
      id: id, arguments: ["/bin/sh", "-c", command],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], directory: directory,
      output: "\(directory)/\(id).out", errorOutput: "\(directory)/\(id).err",
      wall: .seconds(3600), memory: 1 << 40))
}
while true {
  runner.wait(until: Waker.now() + 1_000_000_000, waker: waker)
  _ = runner.poll()
  for start in runner.takeStarts() {
    if let error = start.error { throw error }
  }
}
