import SpoolFactory
import SpoolModel
import SpoolStore
import Testing

/// The calls of each batch system, and the reading of what the real programs print: the files in
/// `Recorded/`.
struct EngineTests {
  private static let directory = String(#filePath.dropLast("EngineTests.swift".count)) + "Recorded"

  private func recorded(_ name: String) throws -> String {
    String(
      decoding: try PosixFileSystem().read("\(Self.directory)/\(name)", limit: 1 << 20),
      as: UTF8.self)
  }

  private let prefix = "spool-big-10f4fcf6-"

  private func request(gpus: Int = 0, wall: Duration? = .seconds(28_800)) -> BatchRequest {
    BatchRequest(
      name: prefix + "0f17fe4c", log: "/s/a b/100%.log",
      room: PilotRoom(queues: [.cpu], cpus: 16, memory: 60_000_000_000, gpus: gpus), wall: wall,
      grace: .seconds(30),
      command: ["/opt/spool", "pilot", "--spool", "/s/it's \"b\"", "--cpus", "16"])
  }

  private func script(_ engine: any BatchEngine, gpus: Int = 0, wall: Duration? = .seconds(28_800))
    throws
    -> [String]
  {
    try BatchScript(for: engine).filled(for: request(gpus: gpus, wall: wall), by: engine)
      .split(separator: "\n").map(String.init)
  }

  private static let quoted =
    #"/opt/spool pilot --spool '/s/it'\''s "b"' --cpus 16"#

  // MARK: Slurm

  @Test func slurmScript() throws {
    let lines = try script(SlurmEngine())
    #expect(lines.first == "#!/bin/sh")
    #expect(lines.contains("#SBATCH --job-name=spool-big-10f4fcf6-0f17fe4c"))
    #expect(lines.contains("#SBATCH --output='/s/a b/100%%.log'"))
    #expect(lines.contains("#SBATCH --cpus-per-task=16"))
    #expect(lines.contains("#SBATCH --mem=57221M"))
    #expect(lines.contains("#SBATCH --time=480"))
    #expect(!lines.contains { $0.contains("gres") })
    #expect(lines.last == "exec " + Self.quoted)
    #expect(try script(SlurmEngine(), gpus: 2).contains("#SBATCH --gres=gpu:2"))
    #expect(try !script(SlurmEngine(), wall: nil).contains { $0.contains("--time") })
    let call = SlurmEngine().submission(
      of: "x", request(), options: ["--partition=cpu", "--account=spd"])
    #expect(call.arguments == ["sbatch", "--parsable", "--partition=cpu", "--account=spd"])
    #expect(call.input == "x")
  }

  @Test func slurmAnswers() throws {
    let engine = SlurmEngine()
    #expect(engine.id(submitted: "17\n") == "17")
    #expect(engine.id(submitted: "sbatch: lua: welcome\n17;cluster\n") == "17")
    #expect(engine.id(submitted: "sbatch: error: no\n") == nil)
    let jobs = try #require(engine.jobs(listed: try recorded("squeue.txt"), prefix: prefix))
    #expect(
      jobs == [
        BatchJob(id: "9", name: prefix + "00000009", state: .queued, words: "Resources"),
        BatchJob(id: "7", name: prefix + "00000007", state: .held, words: "JobHeldUser"),
        BatchJob(id: "8", name: prefix + "00000008", state: .held, words: "PartitionConfig"),
        BatchJob(id: "1", name: prefix + "00000001", state: .done),
        BatchJob(
          id: "4", name: prefix + "00000004", state: .failed, words: "FAILED, NonZeroExitCode"),
        BatchJob(id: "5", name: prefix + "00000005", state: .cancelled, words: "CANCELLED"),
        BatchJob(id: "6", name: prefix + "00000006", state: .running),
      ])
    #expect(engine.jobs(listed: "", prefix: prefix) == [])
    #expect(engine.jobs(listed: "slurm is down", prefix: prefix) == nil)
    #expect(engine.cancellation(of: ["7", "8"]).arguments == ["scancel", "7", "8"])
  }

  // MARK: Grid Engine

  @Test func gridEngineScript() throws {
    let lines = try script(GridEngine())
    #expect(lines.contains("#$ -N spool-big-10f4fcf6-0f17fe4c"))
    #expect(lines.contains("#$ -pe smp 16"))
    #expect(lines.contains("#$ -l h_rt=28800"))
    #expect(lines.contains(Self.quoted + " &"))
    #expect(!lines.contains { $0.contains("gpu") })
    let call = GridEngine().submission(of: "x", request(), options: ["-q", "all.q"])
    #expect(call.arguments == ["qsub", "-terse", "-q", "all.q"])
  }

  @Test func gridEngineAnswers() throws {
    let engine = GridEngine()
    #expect(engine.id(submitted: "12\n") == "12")
    let jobs = try #require(engine.jobs(listed: try recorded("qstat-sge.xml"), prefix: prefix))
    #expect(
      jobs.map(\.state) == [.running, .queued, .held, .held], "\(jobs)")
    #expect(jobs.map(\.words) == [nil, "qw", "Eqw", "hqw"])
    #expect(jobs.allSatisfy { $0.name.hasPrefix(prefix) && Int($0.id) != nil })
    #expect(engine.jobs(listed: try recorded("qstat-sge-empty.xml"), prefix: prefix) == [])
    #expect(engine.jobs(listed: "error: commlib error", prefix: prefix) == nil)
    #expect(engine.cancellation(of: ["3"]).arguments == ["qdel", "3"])
  }

  // MARK: PBS

  @Test func pbsScript() throws {
    let lines = try script(PBSEngine())
    #expect(lines.contains("#PBS -l select=1:ncpus=16:mem=57221mb"))
    #expect(lines.contains("#PBS -l walltime=08:00:00"))
    #expect(lines.last == "exec " + Self.quoted)
    #expect(
      try script(PBSEngine(), gpus: 2).contains("#PBS -l select=1:ncpus=16:mem=57221mb:ngpus=2"))
    let call = PBSEngine().submission(of: "x", request(), options: ["-q", "batch"])
    #expect(call.arguments == ["qsub", "-q", "batch"])
  }

  @Test func pbsAnswers() throws {
    let engine = PBSEngine()
    #expect(engine.id(submitted: "1234.pbs01\n") == "1234.pbs01")
    #expect(engine.id(submitted: "qsub: Unknown queue\n") == nil)
    let jobs = try #require(engine.jobs(listed: try recorded("qstat-pbs.txt"), prefix: prefix))
    #expect(
      jobs == [
        BatchJob(id: "41.pbs01", name: prefix + "00000041", state: .running),
        BatchJob(
          id: "42.pbs01", name: prefix + "00000042", state: .queued,
          words: "Not Running: Insufficient amount of resource: ncpus (R: 16 A: 2 T: 64)"),
        BatchJob(id: "43.pbs01", name: prefix + "00000043", state: .held, words: "H"),
        BatchJob(
          id: "44.pbs01", name: prefix + "00000044", state: .failed,
          words: "Job run at Thu Nov 26 at 10:01 on (n1:ncpus=16) and failed"),
      ])
    #expect(engine.jobs(listed: "", prefix: prefix) == [])
    #expect(engine.jobs(listed: "qstat: cannot connect to server", prefix: prefix) == nil)
    #expect(engine.cancellation(of: ["42.pbs01"]).arguments == ["qdel", "42.pbs01"])
  }

  // MARK: HTCondor

  @Test func condorDescription() throws {
    let lines = try script(HTCondorEngine())
    #expect(lines.contains("batch_name = spool-big-10f4fcf6-0f17fe4c"))
    #expect(lines.contains("executable = /opt/spool"))
    #expect(
      lines.contains(#"arguments = "pilot --spool '/s/it''s ""b""' --cpus 16""#), "\(lines)")
    #expect(lines.contains("request_memory = 57221M"))
    #expect(!lines.contains { $0.contains("request_gpus") })
    #expect(lines.last == "queue 1")
    let call = HTCondorEngine().submission(of: "x", request(), options: ["+ProjectName=\"x\""])
    #expect(call.arguments == ["condor_submit", "-terse", "-append", "+ProjectName=\"x\""])
  }

  @Test func condorAnswers() throws {
    let engine = HTCondorEngine()
    #expect(engine.id(submitted: "12.0 - 12.0\n") == "12.0")
    let jobs = try #require(engine.jobs(listed: try recorded("condor_q.json"), prefix: prefix))
    #expect(
      jobs == [
        BatchJob(id: "12.0", name: prefix + "00000012", state: .queued),
        BatchJob(id: "13.0", name: prefix + "00000013", state: .running),
        BatchJob(
          id: "14.0", name: prefix + "00000014", state: .held,
          words: "Error from slot1@n1: memory usage exceeded request_memory"),
      ])
    #expect(engine.jobs(listed: "\n", prefix: prefix) == [])
    #expect(engine.jobs(listed: "-- Failed to fetch ads", prefix: prefix) == nil)
    #expect(engine.cancellation(of: ["12.0"]).arguments == ["condor_rm", "12.0"])
  }

  // MARK: Local

  @Test func localAnswers() throws {
    let engine = LocalEngine()
    let list = """
      /proc/120/cmdline:spool-big-10f4fcf6-0f17fe4c
      /proc/119/cmdline:spool-big-10f4fcf6-0f17fe4c
      /proc/7/cmdline:spool-big-10f4fcf6-00000007

      """
    #expect(
      engine.jobs(listed: list, prefix: prefix) == [
        BatchJob(id: "7", name: prefix + "00000007", state: .running),
        BatchJob(id: "119", name: prefix + "0f17fe4c", state: .running),
      ])
    #expect(engine.jobs(listed: "", prefix: prefix) == [])
    #expect(engine.jobs(listed: "grep: what", prefix: prefix) == nil)
    #expect(try script(engine).last == "exec " + Self.quoted)
  }

  // MARK: Templates

  @Test func siteTemplates() throws {
    let engine = SlurmEngine()
    let template = """
      #!/bin/bash
      #SBATCH -J @name@
      #SBATCH --gpus=@gpus@
      echo me@site.org @ 100
      singularity exec x.sif @command@
      """
    let script = try BatchScript(template, for: engine).filled(for: request(), by: engine)
    #expect(
      script == """
        #!/bin/bash
        #SBATCH -J spool-big-10f4fcf6-0f17fe4c
        echo me@site.org @ 100
        singularity exec x.sif \(Self.quoted)
        """)
  }

  @Test(arguments: [
    (
      "exec @comand@\n#SBATCH -J @name@",
      #"line 1: there is no placeholder @comand@; did you mean "command"?"#
    ),
    ("#SBATCH -J @name@", "it nowhere runs the pilot"),
    ("exec @command@", "it nowhere names the batch job"),
  ]) func badTemplates(template: String, words: String) {
    let fault = #expect(throws: BatchScript.Fault.self) {
      try BatchScript(template, for: SlurmEngine())
    }
    #expect(fault?.description.contains(words) == true, "\(fault as Any)")
  }
}
