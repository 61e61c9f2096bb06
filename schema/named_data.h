// Names under which a program keeps facts that the format has no field for. Readers that do not know them do not look.
#pragma once

namespace ingot::schema {

// Followed by a method's name: int32, the least size of every dimension of every input, one input after the other.
// There where an input's sizes are open; its tensor says the largest.
inline constexpr char kInputMinima[] = "ingot.input_minima.";

}  // namespace ingot::schema
