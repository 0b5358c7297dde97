import SpoolModel
import Testing

struct TaskSpecTests {
  @Test func defaults() throws {
    let task = try task()
    #expect(task.name.text == "run42.reco")
    #expect(task.input == .datasets([try name("run42.raw")]))
    #expect(task.command.map(\.text) == ["reco", "{input}"])
    #expect(task.outputs == [])
    #expect(task.queue == .cpu)
    #expect(task.resources == Resources())
    #expect(task.resources.cpus == 1 && task.resources.gpus == 0)
    #expect(
      task.resources.memory == 2_000_000_000 && task.resources.wall == .milliseconds(3_600_000))
    #expect(task.filesPerJob == .files(1))
    #expect(task.priority == 5)
    #expect(task.retry == RetryPolicy())
    #expect(
      task.retry.attempts == 3 && task.retry.backoff == .milliseconds(5000)
        && task.retry.never == [])
    #expect(task.maxFailedJobs == 0)
    #expect(task.stopAfter == nil)
    #expect(task.stuckAfter == nil)
    #expect(task.environment.isEmpty)
    #expect(!task.verifiesChecksum)
    #expect(task.sources == 1)
  }

  @Test func everyKeyIsTaken() throws {
    let text = """
      { "format": 1, "kind": "task", "name": "run42.reco", "input": ["run42.raw", "run43.raw"],
        "command": ["python3", "reco.py", "{inputs}", "{output:root}", "{{x}", "{output:hist}"],
        "outputs": [
          { "path": "reco/{stem}.root", "dataset": "run42.good", "name": "root" },
          { "path": "/h/{job}.h5", "name": "hist", "optional": true, "overwrite": true }],
        "queue": "gpu",
        "resources": { "cpus": 4, "gpus": 1, "memory": "16GiB", "wall": "90s",
                       "tags": ["ssd", "avx2", "ssd"], "x-why": 1 },
        "filesPerJob": 10, "priority": 0,
        "retry": { "attempts": 7, "backoff": "1m", "never": [2, 64], "growMemory": 2 },
        "maxFailedJobs": 3, "stopAfter": 20, "stuckAfter": "90s",
        "environment": { "OMP_NUM_THREADS": "{task}" },
        "verify": "checksum", "meta": { "campaign": "2027a" }, "x-note": [1] }
      """
    guard case .task(let task) = try Request(bytes(text), root: "/data") else {
      Issue.record("no task")
      return
    }
    #expect(task.sources == 2)
    #expect(task.outputs.map(\.path.text) == ["/data/reco/{stem}.root", "/h/{job}.h5"])
    #expect(task.outputs.map(\.name) == ["root", "hist"])
    #expect(task.outputs.map(\.dataset.text) == ["run42.good", "run42.reco"])
    #expect(task.outputs.map(\.isOptional) == [false, true])
    #expect(task.outputs.map(\.overwrites) == [false, true])
    #expect(task.producedDatasets == [try name("run42.good"), try name("run42.reco")])
    #expect(
      task.shape
        == Shape(queue: .gpu, cores: 4, memory: 16_384, gpus: 1, tags: ["avx2", "ssd"]))
    #expect(task.resources.wall == .milliseconds(90_000))
    #expect(task.filesPerJob == .files(10))
    #expect(task.priority == 0)
    #expect(task.retry.attempts == 7 && task.retry.backoff == .milliseconds(60_000))
    #expect(task.retry.never == [2, 64] && task.retry.growMemory == 2)
    #expect(task.maxFailedJobs == 3 && task.stopAfter == 20)
    #expect(task.stuckAfter == .after(.milliseconds(90_000)))
    #expect(task.environment.map(\.name) == ["OMP_NUM_THREADS"])
    #expect(task.verifiesChecksum)
    #expect(task.source["meta"]?["campaign"] == "2027a")
    #expect(task.source["x-note"] == [1])
  }

  /// What is kept of a task reads as the same task, wherever it is read.
  @Test func theSourceReadsAsTheTask() throws {
    let tasks = [
      try task(
        [
          "input": ["files": ["a.raw", ["path": "b{c}.raw", "size": 9, "adler32": "03DA0195"]]],
          "outputs": [["path": "out/{stem}.root", "x-note": 1]],
        ], root: "/root{1}"),
      try task(["input": ["count": 3], "command": ["x", "{index}"]]),
      try task(["input": ["values": ["a", 1, .number(0.5)]], "command": ["x", "{value}"]]),
      try task(["resources": ["memory": "1GB"], "environment": ["A": "{{b}"]]),
    ]
    for task in tasks {
      let again = try TaskSpec(.object(task.source), root: "/elsewhere")
      #expect(again == task)
      #expect(again.input == task.input)
      #expect(again.outputs == task.outputs)
      #expect(again.command == task.command)
      let text = try JSON.parse(JSON.object(task.source).pretty)
      #expect(try TaskSpec(text, root: "/") == task)
    }
  }

  @Test func inputs() throws {
    let files = try task(["input": ["files": ["a.raw", ["path": "/b", "size": 9]]]])
    #expect(
      files.input == .files([InputFile(path: "/data/a.raw"), InputFile(path: "/b", size: 9)]))
    let sum = try task(["input": ["files": [["path": "/b", "adler32": "03DA0195"]]]])
    #expect(sum.input == .files([InputFile(path: "/b", adler32: "03da0195")]))
    let count = try task(["input": ["count": 0], "command": ["x"]])
    #expect(count.input == .count(0))
    let values = try task(["input": ["values": ["é", -3, .number(1.5)]], "command": ["x"]])
    #expect(values.input == .values([.plain("é"), .plain("-3"), .plain("1.5")]))
    #expect(try task(["filesPerJob": "all", "command": ["x", "{inputs}"]]).filesPerJob == .all)
  }

  @Test func gpusChooseTheQueue() throws {
    #expect(try task(["resources": ["gpus": 1]]).queue == .gpu)
    #expect(try task(["queue": "gpu"]).queue == .gpu)
    #expect(try task(["queue": "cpu", "resources": ["gpus": 0]]).queue == .cpu)
  }

  @Test func memoryIsRoundedUpInNames() {
    #expect(TaskSpec.mebibytes(1) == 1)
    #expect(TaskSpec.mebibytes(1 << 20) == 1)
    #expect(TaskSpec.mebibytes(1 << 20 | 1) == 2)
    #expect(TaskSpec.mebibytes(1 << 50) == 1 << 30)
  }

  @Test func theLargestResourcesFitAName() throws {
    let task = try task([
      "resources": ["cpus": 4096, "gpus": 64, "memory": "1024TiB", "wall": "1157d"]
    ])
    let job = JobName(
      priority: 9, job: JobID(task: task.name, index: 0), attempt: 1, cores: task.shape.cores,
      memory: task.shape.memory, gpus: task.shape.gpus,
      wall: (task.resources.wall.milliseconds + 999) / 1000,
      tags: [])
    #expect(JobName(fileName: job.fileName) == job)
  }
}
