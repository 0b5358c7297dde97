/// The style of the page: that of the gateway's page, as far as this one has the same things.
enum PageStyle {
  /// Each state has a colour, a sign and a pattern of its own: none is told by the colour alone.
  static let css = HTML(
    markup: """
      :root { color-scheme: light;
        --bg: #f4f5f7; --surface: #ffffff; --sunken: #eceff3; --ink: #17202c; --muted: #566274; --line: #dfe4ea;
        --accent: #1b5fae; --shadow: 0 1px 2px rgb(23 32 44 / 6%);
        --done: #24798f; --running: #e3a008; --failed: #c2410c; --ready: #9cc3d5; --held: #7a5bb0;
        --done-ink: #1d6678; --running-ink: #835800; --failed-ink: #b03a0a; --held-ink: #6a4ba3; --waiting-ink: #566274;
        --slot-free: #e3e8ee; --track: #e3e8ee; --code: #f7f8fa;
        --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
        --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
      @media (prefers-color-scheme: dark) { :root { color-scheme: dark;
        --bg: #0e131a; --surface: #161d26; --sunken: #1f2833; --ink: #e4eaf1; --muted: #9aa8b8; --line: #27313d;
        --accent: #7db5f5; --shadow: none;
        --done: #3d9db3; --running: #f2b53a; --failed: #ef6a3a; --ready: #2f5a6b; --held: #a88ae0;
        --done-ink: #6cc3d6; --running-ink: #f2b53a; --failed-ink: #ff8e63; --held-ink: #bfa6ef; --waiting-ink: #9aa8b8;
        --slot-free: #232d39; --track: #27313d; --code: #11171f; } }
      *, *::before, *::after { box-sizing: border-box; }
      html { -webkit-text-size-adjust: 100%; }
      body { margin: 0; background: var(--bg); color: var(--ink); font: 14px/1.45 var(--sans); font-variant-numeric: tabular-nums; }
      h1, h2, h3, p, dl, dd, ul { margin: 0; padding: 0; }
      h2 { font-size: 14px; margin-bottom: 8px; }
      ul { list-style: none; }
      code, pre { font-family: var(--mono); font-size: 12.5px; overflow-wrap: anywhere; }
      .top { display: flex; align-items: center; flex-wrap: wrap; gap: 2px 12px; min-height: 48px; padding: 8px 20px; background: var(--surface); border-bottom: 1px solid var(--line); }
      .top h1 { font-size: 15px; display: flex; align-items: center; gap: 8px; overflow-wrap: anywhere; min-width: 0; }
      .top svg { flex: none; color: var(--accent); }
      .top h1 code { font-weight: 400; color: var(--muted); }
      .time { color: var(--muted); font-size: 12.5px; margin-left: auto; }
      main { max-width: 1500px; margin: 0 auto; padding: 16px 20px 40px; }
      .warning { background: color-mix(in srgb, var(--running) 20%, var(--surface)); border: 1px solid var(--running); border-radius: 8px; padding: 8px 16px; margin-bottom: 16px; overflow-wrap: anywhere; }
      .warning b { margin-right: 6px; }
      .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; margin-bottom: 16px; box-shadow: var(--shadow); }
      .figures div { background: var(--surface); padding: 9px 14px 8px; min-width: 0; }
      .figures dt, .small { color: var(--muted); font-size: 12px; }
      .figures dd b { font-size: 21px; font-weight: 600; letter-spacing: -.02em; line-height: 1.3; display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
      .figures dd span { color: var(--muted); font-size: 12px; overflow-wrap: anywhere; }
      .columns { display: grid; grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); gap: 0 16px; align-items: start; }
      .panel { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px 14px; box-shadow: var(--shadow); margin-bottom: 16px; min-width: 0; }
      .left-out, .empty { color: var(--muted); font-size: 12.5px; margin-top: 8px; }
      .work > li { padding: 7px 0; border-top: 1px solid var(--line); }
      .work > li:first-child { border-top: 0; }
      .unit { display: grid; grid-template-columns: minmax(110px, 1.1fr) minmax(120px, 1.7fr) minmax(150px, auto); gap: 4px 14px; align-items: center; }
      .unit + .unit { margin-top: 4px; }
      .step .name { padding-left: 16px; color: var(--muted); }
      .name { overflow-wrap: anywhere; min-width: 0; }
      .state { display: inline-flex; gap: 5px; white-space: nowrap; font-size: 12.5px; }
      .glyph { font-weight: 700; color: var(--waiting-ink); }
      .done .glyph { color: var(--done-ink); } .active .glyph, .running .glyph { color: var(--running-ink); }
      .failed .glyph, .lost .glyph { color: var(--failed-ink); } .held .glyph, .quarantine .glyph, .drain .glyph { color: var(--held-ink); }
      .bar { display: flex; height: 10px; border-radius: 5px; overflow: hidden; background: var(--track); min-width: 40px; }
      .bar i { flex: none; }
      .bar .d { background: var(--done); }
      .bar .f { background: repeating-linear-gradient(135deg, var(--failed) 0 3px, color-mix(in srgb, var(--failed) 55%, var(--surface)) 3px 5px); }
      .bar .r { background: repeating-linear-gradient(90deg, var(--running) 0 5px, color-mix(in srgb, var(--running) 70%, var(--surface)) 5px 8px); }
      .bar .w { background: var(--ready); }
      .numbers { font-size: 12.5px; }
      .numbers .small { display: block; }
      .bad { color: var(--failed-ink); }
      .why { color: var(--muted); font-size: 12.5px; overflow-wrap: anywhere; }
      .reasons li, .causes > li { padding: 6px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
      .reasons li:first-child, .causes > li:first-child { border-top: 0; }
      .cause { display: flex; gap: 10px; flex-wrap: wrap; align-items: baseline; }
      .cause b { color: var(--failed-ink); }
      pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: 8px 10px; margin: 6px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 260px; overflow: auto; }
      summary { cursor: pointer; color: var(--accent); font-size: 12.5px; }
      table { border-collapse: collapse; width: 100%; font-size: 13px; }
      th { text-align: left; font-weight: 500; color: var(--muted); font-size: 12px; }
      th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
      tr:last-child td { border-bottom: 0; }
      th, .n { white-space: nowrap; }
      .n { text-align: right; }
      .scroll { overflow-x: auto; }
      td.name { min-width: 120px; }
      .pilots { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 8px; }
      .pilot { border: 1px solid var(--line); border-radius: 6px; padding: 7px 9px; min-width: 0; }
      .pilot .name { font-size: 12.5px; font-weight: 600; }
      .cells { display: flex; flex-wrap: wrap; gap: 2px; margin: 5px 0; }
      .cells i { width: 10px; height: 10px; border-radius: 2px; background: var(--slot-free); }
      .cells .b { background: repeating-linear-gradient(90deg, var(--running) 0 5px, color-mix(in srgb, var(--running) 70%, var(--surface)) 5px 8px); }
      .pilot.lost { border-color: var(--failed); } .pilot.quarantine, .pilot.drain { border-color: var(--held); }
      .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
      @media (max-width: 860px) {
        .columns { grid-template-columns: minmax(0, 1fr); }
        main { padding: 12px 10px 32px; } .top { padding: 8px 12px; } .time { margin-left: 0; }
        .unit { grid-template-columns: minmax(0, 1fr) auto; } .unit .bar { grid-column: 1 / -1; grid-row: 2; }
        .figures { grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); }
        .figures div { padding: 7px 10px; } .figures dd b { font-size: 18px; } .panel { padding: 10px 12px; }
      }
      @media print { body { background: none; } .panel, .figures { box-shadow: none; break-inside: avoid; } }
      """)
}
