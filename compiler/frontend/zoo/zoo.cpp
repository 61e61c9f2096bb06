#include "compiler/frontend/zoo/zoo.h"

#include <algorithm>
#include <iterator>

#include "compiler/frontend/zoo/models.h"

namespace ingot::compiler {

namespace {

struct Row {
  ZooModel model;
  Result<Graph> (*build)(WeightSource&);
};

constexpr Row kRows[] = {
    {{"mv2", "MobileNetV2 1.0, 224 x 224, 1000 classes"}, build_mobilenet_v2},
    {{"mv3", "MobileNetV3 small, 224 x 224, 1000 classes"}, build_mobilenet_v3_small},
    {{"mv3_large", "MobileNetV3 large, 224 x 224, 1000 classes"}, build_mobilenet_v3_large},
    {{"resnet18", "ResNet-18, 224 x 224, 1000 classes"}, build_resnet18},
    {{"resnet50", "ResNet-50, 224 x 224, 1000 classes"}, build_resnet50},
    {{"add", "x + y of one element"}, build_add},
    {{"mul", "input * other, 3 x 2"}, build_mul},
    {{"add_mul", "the matrix product of a and x, plus b, 2 x 2"}, build_add_mul},
    {{"linear", "a linear layer, 3 rows of 3 to 3 features"}, build_linear},
    {{"softmax", "softmax over 4096 elements, 2 rows"}, build_softmax},
    {{"conv1d", "a convolution of 3 to 16 channels over 10 steps"}, build_conv1d},
};

}  // namespace

const std::vector<ZooModel>& zoo_models() {
  static const std::vector<ZooModel> models = [] {
    std::vector<ZooModel> list;
    std::ranges::transform(kRows, std::back_inserter(list), &Row::model);
    return list;
  }();
  return models;
}

Result<Graph> build_zoo_model(std::string_view name, WeightSource& weights) {
  const auto row = std::ranges::find(kRows, name, [](const Row& row) { return row.model.name; });
  if (row != std::end(kRows)) return row->build(weights);
  std::string known;
  for (const ZooModel& model : zoo_models()) known.append(known.empty() ? "" : ", ").append(model.name);
  return fail(ErrorCode::not_found, "no model is called '%.*s'; known names: %s",
              static_cast<int>(std::min<size_t>(name.size(), 80)), name.data(), known.c_str());
}

}  // namespace ingot::compiler
