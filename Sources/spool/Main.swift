import SpoolCommands

@main
enum Main {
  static func main() { SpoolCommand.main() }
}
