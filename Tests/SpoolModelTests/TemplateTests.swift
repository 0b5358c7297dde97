import SpoolModel
import Testing

struct TemplateTests {
  private func message(_ text: String) -> String? {
    requestError { _ = try Template(text) }?.message
  }

  @Test func readsPlaceholders() throws {
    let template = try Template("--run={index} {output:hist}{{x} }{stem}")
    #expect(
      template.parts == [
        .text("--run="), .placeholder(.index), .text(" "), .placeholder(.output("hist")),
        .text("{x} }"), .placeholder(.stem),
      ])
    #expect(template.placeholders == [.index, .output("hist"), .stem])
    #expect(template.text == "--run={index} {output:hist}{{x} }{stem}")
  }

  @Test(
    arguments: [
      ("input", .input), ("inputs", .inputs), ("stem", .stem), ("index", .index),
      ("dir", .dir), ("name", .name), ("base", .base), ("group", .group),
      ("value", .value(nil)), ("value.a.b", .value("a.b")),
      ("task", .task), ("job", .job), ("attempt", .attempt), ("output", .output(nil)),
      ("report", .report), ("scratch", .scratch), ("name", .name), ("output:a.b", .output("a.b")),
    ] as [(String, Template.Placeholder)])
  func everyPlaceholder(_ word: String, _ placeholder: Template.Placeholder) throws {
    let template = try Template("{\(word)}")
    #expect(template.parts == [.placeholder(placeholder)])
    #expect(template.text == "{\(word)}")
  }

  @Test func theNearestIsNamed() {
    let all =
      "there are {input} {inputs} {inputList} {inputListNul} {dir} {name} {stem} {base} {group} {index} "
      + "{value} {task} {job} {attempt} {output} {report} {scratch} {output:NAME} {value.NAME}, and {{ "
      + "for a brace"
    for (text, near) in [
      ("{inptu}", "input"), ("{Output}", "output"), ("{indx}", "index"), ("{reports}", "report"),
      ("{output:}", "output"),
    ] {
      #expect(
        message(text) == "there is no placeholder \(text); did you mean {\(near)}?; \(all)")
    }
    for text in ["{}", "{ }", "{zzzzzz}", "{output:a/b}", "{\"a\":1}"] {
      #expect(message(text) == "there is no placeholder \(text); \(all)", "\(text)")
    }
  }

  @Test(arguments: ["{", "a{", "{input", "{{{", "{{{input"])
  func anOpenBraceIsRefused(_ text: String) {
    #expect(message(text) == "a \"{\" without \"}\" in \"\(text)\"; write {{ for a brace")
  }

  @Test func bracesStandForThemselves() throws {
    for (text, plain) in [
      ("", ""), ("{{", "{"), ("{{{{", "{{"), ("}", "}"), ("}}", "}}"), ("{{a}", "{a}"),
      ("a{{{{b", "a{{b"),
    ] {
      #expect(try Template(text).expanded { _ in nil } == plain, "\(text)")
    }
  }

  @Test func fillsWhatIsKnownAndKeepsTheRest() throws {
    let template = try Template("{input}:{output}:{{{index}")
    let filled = template.filled { placeholder in
      switch placeholder {
      case .input: "/d/{odd}"
      case .index: "7"
      default: nil
      }
    }
    #expect(filled == "/d/{{odd}:{output}:{{7")
    let again = try Template(filled)
    #expect(again.placeholders == [.output(nil)])
    #expect(again.expanded { _ in "/o" } == "/d/{odd}:/o:{7")
    #expect(again.expanded { _ in nil } == nil)
  }

  @Test func onlyTheWholeIsAllInputs() throws {
    #expect(try Template("{inputs}").isAllInputs)
    for text in ["{inputs} ", "x{inputs}", "{inputs}{inputs}", "{input}", ""] {
      #expect(try !Template(text).isAllInputs)
    }
  }

  private static let letters = "a/{}é\u{301}\u{338}😀 \n"

  @Test(arguments: 0..<300 as Range<UInt64>)
  func escapedTextReadsAsItself(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let text = random.text(Self.letters, 0...10)
    let template = try Template(Template.escaped(text))
    #expect(template.placeholders == [])
    #expect(template.expanded { _ in nil }.map { Array($0.utf8) } == Array(text.utf8))
    #expect(Array(template.text.utf8) == Array(Template.escaped(text).utf8))
  }

  /// What a watcher fills in and a pilot fills again gives what was meant, whatever it was.
  @Test(arguments: 0..<300 as Range<UInt64>)
  func filledTwiceIsFilledOnce(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let words = ["{stem}", "{output}", "{index}", "{{", "}", "x", "\u{301}", "{output:n}"]
    let text = (0..<6).map { _ in words.randomElement(using: &random) ?? "" }.joined()
    let stem = random.text(Self.letters, 0...6)
    let template = try Template(text)
    let watchers = { (word: Template.Placeholder) -> String? in
      word == .stem ? stem : word == .index ? "3" : nil
    }
    let pilots = { (word: Template.Placeholder) -> String? in
      if case .output = word { "/p/{part}" } else { nil }
    }
    let twice = try Template(template.filled(watchers)).expanded(pilots)
    let once = template.expanded { watchers($0) ?? pilots($0) }
    #expect(twice.map { Array($0.utf8) } == once.map { Array($0.utf8) })
  }
}

struct FilePathTests {
  @Test(arguments: [
    ("a.raw", "/data/a.raw"), ("d/a.raw", "/data/d/a.raw"), ("/x/a.raw", "/x/a.raw"),
    ("./a.raw", "/data/a.raw"), ("d//./a.raw", "/data/d/a.raw"), ("//x//a", "/x/a"),
    ("a..b", "/data/a..b"), ("...", "/data/..."), ("./a:b", "/data/a:b"), ("/a:b", "/a:b"),
    ("1:2", "/data/1:2"), (".hidden", "/data/.hidden"), ("d/\u{301}x", "/data/d/\u{301}x"),
  ])
  func becomesAbsolute(_ path: String, _ expected: String) throws {
    #expect(try Array(FilePath.absolute(path, in: "/data").utf8) == Array(expected.utf8))
  }

  @Test(arguments: [
    ("", "a path may not be empty"), ("a/", "\"a/\" names a directory"),
    (".", "\".\" names a directory"), ("a/.", "\"a/.\" names a directory"),
    ("../a", "\"..\" in \"../a\": write the path without it"),
    ("/a/../b", "\"..\" in \"/a/../b\": write the path without it"),
    ("a/..", "\"..\" in \"a/..\": write the path without it"),
    ("../\u{301}a", "\"..\" in \"../\u{301}a\": write the path without it"),
    ("root://host/a", "\"root:\" is reserved: only paths of this filesystem so far"),
    ("s3:a", "\"s3:\" is reserved: only paths of this filesystem so far"),
    ("a\nb", "a path may hold neither NUL nor a line's end"),
    ("a\r\nb", "a path may hold neither NUL nor a line's end"),
    ("a\0b", "a path may hold neither NUL nor a line's end"),
    (String(repeating: "a", count: 4001), "a path of over 4000 bytes"),
  ])
  func isRefused(_ path: String, _ message: String) {
    #expect(
      requestError { _ = try FilePath.absolute(path, in: "/data") } == RequestError(message))
  }

  @Test func parts() {
    for (path, directory, base, stem) in [
      ("/d/f17.raw", "/d", "f17.raw", "f17"), ("/f", "/", "f", "f"), ("f.a.b", ".", "f.a.b", "f.a"),
      ("/d/.hidden", "/d", ".hidden", ".hidden"), ("/d/x.", "/d", "x.", "x"),
      ("/d.d/x", "/d.d", "x", "x"), ("/d/\u{301}x.raw", "/d", "\u{301}x.raw", "\u{301}x"),
      ("/d/x.\u{301}raw", "/d", "x.\u{301}raw", "x"),
    ] {
      #expect(FilePath.directory(path) == directory)
      #expect(Array(FilePath.base(path).utf8) == Array(base.utf8))
      #expect(Array(FilePath.stem(path).utf8) == Array(stem.utf8))
    }
  }
}
