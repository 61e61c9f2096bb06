// What ExecuTorch's runtime insists on when it loads a program (read off its loader, and tried with it), and what its
// exporter promises of every file: Ingot's own runtime is more lenient in places, so running a file here does not show
// that it runs there.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ingot::testing {

// Everything that ExecuTorch would object to in a file that Ingot's verifier accepts; empty where it is fine. Operators
// must be ones that ExecuTorch registers.
std::vector<std::string> executorch_objections(std::span<const std::byte> file);

}  // namespace ingot::testing
