import SpoolModel
import Testing

/// What must hold between the keys of a task.
struct TaskRulesTests {
  private func error(_ changes: [String: JSON?]) -> RequestError? {
    requestError { _ = try task(changes) }
  }

  private static let count: JSON = ["count": 3]
  private static let values: JSON = ["values": ["a", "b"]]
  private static let stem: JSON = [["path": "{stem}.root"]]

  @Test func placeholdersNeedAnInputThatGivesThemAValue() {
    for word in ["input", "inputs", "stem", "dir", "name", "base"] {
      for input in [Self.count, Self.values] {
        #expect(
          error(["input": input, "command": ["x", .string("{\(word)}")]])
            == RequestError(key: "command[1]", "the task has no input files"))
      }
    }
    for input in ["a", ["files": []], Self.count] as [JSON] {
      #expect(
        error(["input": input, "command": ["x", "{value}"]])
          == RequestError(key: "command[1]", "only a task with values has {value}"))
    }
    #expect(
      error(["input": Self.values, "command": ["x", "{value}{index}{job}{attempt}"]]) == nil)
    #expect(error(["input": Self.count, "command": ["{scratch}/x", "{report}", "{task}"]]) == nil)
  }

  @Test func severalFilesAreInputs() {
    for files in [2, "all"] as [JSON] {
      #expect(
        error(["filesPerJob": files])
          == RequestError(
            key: "command[1]", "with several files a job, use {inputs} or {inputList}"))
      #expect(error(["filesPerJob": files, "command": ["x", "{inputs}"]]) == nil)
    }
    for input in [Self.count, Self.values] {
      #expect(
        error(["input": input, "command": ["x"], "filesPerJob": "all"])
          == RequestError(key: "filesPerJob", "jobs without files cannot be grouped"))
    }
  }

  @Test func allInputsAreArgumentsOfTheirOwn() {
    #expect(
      error(["command": ["x", "-i={inputs}"]])
        == RequestError(key: "command[1]", "{inputs} must be an argument of its own"))
    #expect(
      error(["command": ["{inputs}"]])
        == RequestError(key: "command[0]", "{inputs} cannot be the program"))
    #expect(
      error(["environment": ["FILES": "{inputs}"]])
        == RequestError(key: "environment.FILES", "{inputs} can only be an argument of a command"))
  }

  @Test func outputsAreDeclared() {
    let several: JSON = [["path": "{stem}.a", "name": "a"], ["path": "{stem}.b"]]
    #expect(
      error(["command": ["x", "{output}"]])
        == RequestError(key: "command[1]", "{output} needs an entry in \"outputs\""))
    #expect(
      error(["command": ["x", "{output}"], "outputs": several])
        == RequestError(
          key: "command[1]",
          "there are several outputs: use {output:NAME} and give each a \"name\""))
    #expect(
      error(["command": ["x", "{output:c}"], "outputs": several])
        == RequestError(key: "command[1]", "no output has \"name\": \"c\""))
    #expect(error(["command": ["x", "{output:a}"], "outputs": several]) == nil)
    #expect(error(["command": ["x", "{output}"], "outputs": Self.stem]) == nil)
    #expect(
      error(["environment": ["O": "{output}"]])
        == RequestError(key: "environment.O", "{output} needs an entry in \"outputs\""))
  }

  @Test func outputsDifferFromEachOther() {
    #expect(
      error(["outputs": [["path": "{stem}.a"], ["path": "./{stem}.a"]]])
        == RequestError(key: "outputs[1].path", "two outputs with one path"))
    #expect(
      error(["outputs": [["path": "{stem}.a", "name": "n"], ["path": "{stem}.b", "name": "n"]]])
        == RequestError(key: "outputs[1].name", "\"n\" is no name, or taken"))
    #expect(
      error(["outputs": [["path": "{stem}.a", "name": "a b"]]])
        == RequestError(key: "outputs[0].name", "\"a b\" is no name, or taken"))
  }

  @Test func outputsDifferFromJobToJob() {
    let message = "every job would write it: use {stem}, {index}, {value} or {job}"
    for path in ["out.root", "{task}.root"] as [JSON] {
      for input in ["a", ["a", "b"], Self.count, ["files": ["a", "b"]]] as [JSON] {
        #expect(
          error(["input": input, "command": ["x"], "outputs": [["path": path]]])
            == RequestError(key: "outputs[0].path", message))
      }
      for input in [["count": 1], ["values": ["a"]], ["files": ["a"]]] as [JSON] {
        #expect(error(["input": input, "command": ["x"], "outputs": [["path": path]]]) == nil)
      }
      #expect(
        error(["filesPerJob": "all", "command": ["x"], "outputs": [["path": path]]]) == nil)
    }
    for word in ["input", "inputs", "attempt", "output", "report", "scratch"] {
      #expect(
        error(["outputs": [["path": .string("{\(word)}.{stem}")]]])
          == RequestError(
            key: "outputs[0].path",
            "an output's path may hold {dir} {name} {stem} {base} {group} {index} {value} "
              + "{value.NAME} {task} {job}"))
    }
    #expect(
      error(["outputs": [["path": "{value}.root"]]])
        == RequestError(key: "outputs[0].path", "only a task with values has {value}"))
    #expect(
      error(["input": Self.count, "command": ["x"], "outputs": Self.stem])
        == RequestError(key: "outputs[0].path", "the task has no input files"))
  }

  @Test func gpusNeedTheirQueue() {
    #expect(
      error(["queue": "cpu", "resources": ["gpus": 1]])
        == RequestError(key: "queue", "a job that needs a GPU waits in the queue \"gpu\""))
  }
}
