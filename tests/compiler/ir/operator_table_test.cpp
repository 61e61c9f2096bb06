// Walks schema/operators.h and names, for every row, what is missing and the file to edit; and holds the list of what
// ExecuTorch registers against the kernels that there are.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/op_schema.h"
#include "compiler/ir/shape_rules/shape_rule.h"
#include "runtime/include/ingot.hpp"
#include "runtime/kernels/kernel_table.h"
#include "schema/executorch_operators.h"
#include "tests/support/recorded_calls.h"

namespace ingot::compiler {
namespace {

// Operators between float and affine integers have recordings of their own.
bool is_recorded_elsewhere(const OpSchema& op) {
  return op.row().family == schema::Family::quantize;
}

TEST(OperatorTable, RowsAreComplete) {
  std::set<std::string> recorded;
  for (const auto& calls : testing::all_recorded_calls()) {
    for (const auto& item : calls->cases()) recorded.insert(item["op"]);
  }
  for (const OpSchema& op : all_ops()) {
    SCOPED_TRACE(op.full_name());
    EXPECT_NE(find_shape_rule(op), nullptr) << "no shape rule: add a row in compiler/ir/shape_rules";
    EXPECT_TRUE(has_kernel(op)) << "no kernel " << op.row().out << ": add a row in runtime/kernels";
    EXPECT_TRUE(recorded.contains(op.full_name()) || is_recorded_elsewhere(op))
        << "no recorded case: add one to tests/data/record_aten_ops.py and run it";
  }
}

bool has_name(std::span<const Kernel> kernels, std::string_view name) {
  return std::ranges::find(kernels, name, [](const Kernel& kernel) { return std::string_view(kernel.name); }) !=
         kernels.end();
}

TEST(OperatorTable, CoversWhatExecutorchRegisters) {
  std::set<std::string_view> left_out;
  for (const schema::LeftOut& entry : schema::kLeftOut) {
    EXPECT_FALSE(entry.reason.empty());
    EXPECT_TRUE(left_out.insert(entry.out).second) << entry.out << " is listed twice";
    EXPECT_NE(std::ranges::find(schema::kExecutorchPortable, entry.out), std::end(schema::kExecutorchPortable))
        << entry.out << " is left out, but ExecuTorch does not have it";
  }
  std::set<std::string_view> registered;
  for (const std::string_view name : schema::kExecutorchPortable) {
    EXPECT_TRUE(registered.insert(name).second) << name << " is listed twice";
    EXPECT_NE(has_name(portable_kernels(), name), left_out.contains(name))
        << name
        << ": needs a kernel in runtime/kernels/portable or a reason in schema/executorch_operators.h, not both";
  }
  for (const std::string_view name : schema::kExecutorchQuantized) {
    EXPECT_TRUE(registered.insert(name).second) << name << " is listed twice";
    EXPECT_TRUE(has_name(quantized_kernels(), name)) << name << ": needs a kernel in runtime/kernels/quantized";
  }
  for (const OpSchema& op : all_ops()) {
    EXPECT_EQ(op.row().executorch, registered.contains(op.row().out)) << op.full_name() << ": its last column is wrong";
  }
}

}  // namespace
}  // namespace ingot::compiler
