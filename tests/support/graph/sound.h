// What every front end owes any bytes: a graph that obeys the rules, or one clear line.
#pragma once

#include "compiler/ir/graph.h"
#include "runtime/core/error.h"

namespace ingot::testing {

void expect_sound(const Result<compiler::Graph>& imported);

}  // namespace ingot::testing
