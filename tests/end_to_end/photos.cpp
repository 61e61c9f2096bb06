#include "tests/end_to_end/photos.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/shared.h"

namespace ingot::testing {

std::string photo_list(Half half, Labels labels, size_t step) {
  const std::string table = shared_file("models/photos/labels.tsv");
  if (table.empty()) return {};
  const std::string folder = table.substr(0, table.rfind('/') + 1);
  std::ifstream in(table);
  std::string list, line;
  size_t count = 0;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string file, of_1000, of_1001, of_half;
    fields >> file >> of_1000 >> of_1001 >> of_half;
    if (of_half != (half == Half::test ? "test" : "calibration") || count++ % step != 0) continue;
    list += folder + file;
    if (labels != Labels::none) list += "\t" + (labels == Labels::of_1000 ? of_1000 : of_1001);
    list += "\n";
  }
  const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test.test_suite_name()) + "_" + test.name();
  for (char& c : name) c = c == '/' ? '_' : c;  // tests run at the same time
  const std::string path = ::testing::TempDir() + "ingot_" + name + (half == Half::test ? "_test" : "_calibration");
  std::ofstream(path) << list;
  return path;
}

}  // namespace ingot::testing
