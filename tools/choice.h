// A command-line option that takes one of a few words.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace ingot::tools {

// `value` keeps what it holds unless the option is given. Case does not matter; another word is a usage error that
// lists the choices. `value` outlives the parsing.
template <typename T>
CLI::Option* add_choice(CLI::App& app, const std::string& name, T& value,
                        const std::vector<std::pair<std::string, T>>& choices, const std::string& description) {
  std::vector<std::string> words;
  for (const auto& [word, chosen] : choices) words.push_back(word);
  const auto choose = [choices, &value](const std::string& text) {
    for (const auto& [word, chosen] : choices) {
      if (word == text) value = chosen;
    }
  };
  // The check replaces other spellings by the list's own.
  return app.add_option_function<std::string>(name, choose, description)
      ->transform(CLI::IsMember(words, CLI::ignore_case));
}

}  // namespace ingot::tools
