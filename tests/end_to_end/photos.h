// The photos beside the checkout (../shared/models/photos), for tests of trained networks.
#pragma once

#include <cstddef>
#include <string>

namespace ingot::testing {

// The halves share no class: one to calibrate on, one to measure on.
enum class Half : uint8_t { calibration, test };
// How a network numbers its classes; of 1001, the first is the background.
enum class Labels : uint8_t { of_1000, of_1001, none };

// Writes a list that compiler::open_samples() reads, with every `step`-th photo of the half, and gives its path: empty
// where the photos are missing.
std::string photo_list(Half half, Labels labels, size_t step = 1);

}  // namespace ingot::testing
