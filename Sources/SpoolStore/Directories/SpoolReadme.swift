/// The page that explains a spool to somebody who just did `ls` in it.
public enum SpoolReadme {
  /// The page, in Markdown.
  public static let text = """
    # This is a spool

    A batch system made of directories. Drop a task into `incoming/`; the watcher makes jobs of it,
    one per input file; pilots take jobs, run them, and hand in results. Everything is a file, so
    look around with `ls` and `cat`: looking never disturbs.

        incoming/     drop tasks and dataset manifests here, with plain cp
        ready-cpu/    jobs that wait for a pilot: the next ones, never the whole backlog
        ready-gpu/    the same for jobs that need a GPU; where that goes faster, most of the jobs
                      lie in 64 directories @00/ to @63/ of these, and results in those of done/
        running/      TASK.json of each task in work; a directory per pilot with the jobs it runs
        done/         TASK.json of each task that succeeded; TASK/ holds files of its jobs
        failed/       the same for tasks and jobs that failed; @refused/ holds requests that were
                      not understood, each with the reason beside it in a .reason file
        journal/      the record from which all else can be made again: do not touch
        datasets/     NAME.jsonl: the files of each dataset, a line each, and where they come from
        ledger/       TASK.jsonl: every attempt of every job of a task, a line each
        logs/         what payloads printed, by task and pilot
        checkpoints/  files from which jobs go on that are not done yet, by task
        archive/      TASK/ of each task that ended long ago: all of the above of it, in few files

        STATUS        how it stands now: cat it
        backlog.json  the jobs that wait for pilots, by what they need
        spool.json    the site's policy
        watcher.json  the watcher that owns the spool, and its heartbeat
        watcher.lock  locked while it lives

    A job's file is named by what matters of it:
    `p5-0001000000000.run42.reco.00000017.a1.c4.m16384.g0.w600.json` is job 17 of the task
    `run42.reco`, first attempt, priority 5, with its place in the order of claiming; it needs 4
    cores, 16384 MiB, no GPU, and at most 600 s.

    Move nothing by hand but into `incoming/` and out of `failed/@refused/`. To see more:
    `spool status`, `spool jobs TASK`, `spool logs TASK`, `spool check`.

    """
}
