// One method's execution plan: instructions over the value table.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include "compiler/emit/emit.h"
#include "compiler/emit/segments.h"
#include "schema/program_generated.h"

namespace ingot::compiler {

Result<flatbuffers::Offset<pte::ExecutionPlan>> emit_method(flatbuffers::FlatBufferBuilder& builder, Segments& segments,
                                                            const MethodToEmit& method);

}  // namespace ingot::compiler
