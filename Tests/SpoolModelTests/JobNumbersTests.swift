import SpoolModel
import Testing

struct JobNumbersTests {
  @Test(arguments: [
    ("3-7,19", "3-7,19"), ("5", "5"), ("00000017", "17"), ("2,1,1-3", "1-3"), ("4-4", "4"),
    ("0-99999999", "0-99999999"),
  ])
  func read(text: String, written: String) throws {
    let numbers = try #require(JobNumbers(text))
    #expect(numbers.text == written)
    #expect(JobNumbers(numbers.text) == numbers)
  }

  @Test(arguments: [
    "", "x", "3-", "-3", "7-3", "1,,2", "1;2", "1 2", "123456789", "1-2-3", "٣", "+1",
  ])
  func refused(text: String) { #expect(JobNumbers(text) == nil) }
}
