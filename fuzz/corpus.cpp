// What fuzzing begins with: FOLDER/TARGET/* for each target, as the project itself writes them.
//   fuzz_corpus FOLDER
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cache/record_store.h"
#include "cache/segments.h"
#include "engraft/error.h"
#include "graph/graph_json.h"
#include "image/encode.h"
#include "model/initialise.h"
#include "model/model.h"
#include "onnx/testing/written_onnx.h"
#include "record/testing/test_record.h"
#include "transforms/step.h"
#include "weights/pth/testing/written_pth.h"
#include "weights/safetensors.h"
#include "zoo/zoo.h"

namespace engraft::fuzz {
namespace {

namespace fs = std::filesystem;

class Corpus {
 public:
  explicit Corpus(base::Path folder) : folder_(std::move(folder)) {}

  void add(const std::string& target, std::span<const std::byte> bytes) {
    base::write_atomically(next(target), bytes);
  }
  void add(const std::string& target, std::string_view text) {
    add(target, std::as_bytes(std::span(text)));
  }
  // Where the target's next file is to be.
  base::Path next(const std::string& target) {
    fs::create_directories(folder_ / target);
    return folder_ / target / fmt::format("{:04}", count_++);
  }

 private:
  base::Path folder_;
  int count_ = 0;
};

void add_pictures(Corpus& corpus) {
  for (const auto [height, width] : {std::pair{1, 1}, std::pair{9, 16}, std::pair{40, 33}}) {
    image::Image image(height, width);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
      image.pixels[i] = static_cast<std::uint8_t>(i * i / 5);
    }
    corpus.add("png", image::encode_png(image));
    const base::Bytes jpeg = image::encode_jpeg(image, 80);
    corpus.add("jpeg", jpeg);
    for (int choice = 0; choice < 6; ++choice) {
      base::Bytes chosen{static_cast<std::byte>(choice)};
      chosen.insert(chosen.end(), jpeg.begin(), jpeg.end());
      corpus.add("scaled_jpeg", chosen);
    }
  }
  using namespace std::string_view_literals;
  corpus.add("exif", "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0"sv);
  corpus.add("exif", "MM\0*\0\0\0\x08\0\1\1\x12\0\4\0\0\0\1\0\0\0\6"sv);
}

void add_transforms(Corpus& corpus) {
  for (const std::string& name : transforms::step_names()) {
    for (const char* arguments : {"", "(224)", "(224x192,interpolation=bicubic)", "(15)",
                                  "(64,scale=0.5:1,ratio=0.75:1.3)"}) {
      corpus.add("transforms", name + arguments + " hflip to_tensor");
    }
  }
  corpus.add("transforms", "resize(256) normalize(mean=0.485,0.456,0.406,std=0.2,0.2,0.3)");
  corpus.add("transforms", "center_crop(8) normalize(none)");
}

void add_weights(Corpus& corpus) {
  using namespace weights::pth;
  const std::string object =
      dictionary({{"fc.weight", WrittenTensor{}.pickle()},
                  {"fc.bias", WrittenTensor{.shape = {2}, .strides = {1}}.pickle()},
                  {"name", pickled("resnet18")}});
  corpus.add("pickle", object);
  corpus.add("pickle", dictionary({{"shape", pickled({1, 2, 3})}}));
  corpus.add("pth_stream", stream(object));
  corpus.add("pth_zip", zip({{"archive/data.pkl", object},
                             {"archive/byteorder", "little"},
                             {"archive/data/0", numbers(4)},
                             {"archive/version", "3\n"}}));
  const float values[] = {1, 2, 3, 4};
  base::StateDict tensors{{"fc.weight", base::Tensor::from(values, {2, 2})},
                          {"fc.bias", base::Tensor::from(std::span(values).first(2), {2})}};
  weights::write_safetensors(corpus.next("safetensors"), tensors, {{"format", "pt"}});
  tensors["count"] = base::Tensor(base::DType::kInt64, {});
  weights::write_safetensors(corpus.next("safetensors"), tensors, {});
}

// A network with one layer more for each that there is; most do not fit, and say so.
graph::Graph with_layer(const graph::Layer& layer) {
  graph::Graph graph{.architecture = "net", .input_size = {8, 8}};
  const auto append = [&](const std::string& name, const graph::Layer& one,
                          std::vector<graph::NodeId> inputs) {
    const bool module = !graph::parameters_of(one).empty();
    graph.nodes.push_back({name, module ? name : "", one, std::move(inputs)});
    if (module) graph.root.children.push_back({name, graph::type_name(one), {}, ""});
  };
  append("input", graph::Input{3}, {});
  const bool two =
      std::holds_alternative<graph::Multiply>(layer) || std::holds_alternative<graph::Add>(layer);
  graph::Layer fitting = layer;
  graph::take_channels_from({1, 3, 8, 8}, fitting);
  append("layer", fitting, two ? std::vector<graph::NodeId>{0, 0} : std::vector<graph::NodeId>{0});
  append("pool", graph::AdaptiveAvgPool2d{1}, {1});
  append("flat", graph::Flatten{}, {2});
  append("fc", graph::Linear{.in_features = 3, .out_features = 2}, {3});
  return graph;
}

void add_networks(Corpus& corpus) {
  std::vector<graph::Layer> layers = graph::every_layer();
  layers.push_back(graph::Conv2d{.in_channels = 3, .out_channels = 3, .kernel = 3, .padding = 1});
  layers.push_back(graph::MaxPool2d{.kernel = 3, .stride = 2, .padding = 1});
  layers.push_back(graph::Permute{{0, 2, 3, 1}});
  layers.push_back(graph::Slice{0, 3});
  for (const graph::Layer& layer : layers) {
    const graph::Graph graph = with_layer(layer);
    corpus.add("graph", graph::to_json(graph));
    try {
      graph::validate(graph);
      model::Model model{.graph = graph,
                         .parameters = model::initialise_all(graph, 1, 1),
                         .classes = {"ants", "bees"},
                         .val_transforms = transforms::parse_pipeline("resize(9) center_crop(8)")};
      model::save_model(model, corpus.next("saved_model"));
    } catch (const Error&) {  // a layer that does not fit here
    }
  }
}

onnx::WrittenOnnx network(const std::vector<onnx::WrittenOnnxNode>& before) {
  onnx::WrittenOnnx net;
  net.nodes = before;
  net.nodes.push_back({"GlobalAveragePool", {before.back().output}, "p"});
  net.nodes.push_back({"Flatten", {"p"}, "f"});
  net.nodes.push_back({"Gemm", {"f", "w", "b"}, "l", {{"transB", 1}}});
  net.nodes.push_back({"Softmax", {"l"}, "y"});
  net.tensors = {{"w", {2, 3}, {1, 2, 3, 4, 5, 6}},
                 {"b", {2}, {1, 2}},
                 {"k", {3, 3, 1, 1}, std::vector<float>(9, 1)},
                 {"c", {3, 1, 1}, {1, 2, 3}},
                 {"one", {3}, {1, 1, 1}},
                 {"half", {}, {0.5F}},
                 {"i", {1}, {}, {1}},
                 {"shape", {4}, {}, {1, 3, -1, 8}}};
  return net;
}

void add_onnx(Corpus& corpus) {
  for (const auto& before : std::vector<std::vector<onnx::WrittenOnnxNode>>{
           {{"Relu", {"x"}, "a"}},
           {{"Conv",
             {"x", "k", "one"},
             "a",
             {{"group", 1}},
             "/layer1/conv/Conv",
             {{"strides", {1, 1}}, {"pads", {0, 0, 0, 0}}}}},
           {{"BatchNormalization", {"x", "one", "one", "one", "one"}, "a"}},
           {{"Pad", {"x"}, "q", {}, "", {{"pads", {0, 0, 1, 1, 0, 0, 1, 1}}}},
            {"MaxPool", {"q"}, "a", {{"ceil_mode", 1}}, "", {{"kernel_shape", {2, 2}}}}},
           {{"AveragePool", {"x"}, "a", {}, "", {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}}},
           {{"Sub", {"x", "c"}, "s"}, {"Div", {"s", "half"}, "d"}, {"Mul", {"d", "c"}, "a"}},
           {{"Concat", {"x", "x"}, "t", {{"axis", 1}}},
            {"Split", {"t"}, "a", {{"axis", 1}}, "", {{"split", {3}}}}},
           {{"Transpose", {"x"}, "t", {}, "", {{"perm", {0, 2, 3, 1}}}},
            {"Transpose", {"t"}, "a", {}, "", {{"perm", {0, 3, 1, 2}}}}},
           {{"Shape", {"x"}, "s"},
            {"Gather", {"s", "i"}, "g"},
            {"Unsqueeze", {"g"}, "u"},
            {"Concat", {"u", "u"}, "v"},
            {"Reshape", {"x", "shape"}, "a"}},
           {{"Gather", {"x", "i"}, "g", {{"axis", 1}}},
            {"Unsqueeze", {"g"}, "u", {}, "", {{"axes", {1}}}},
            {"Add", {"x", "x"}, "a"}},
           {{"Slice", {"x"}, "a", {}, "", {{"starts", {0}}, {"ends", {3}}, {"axes", {1}}}}},
           {{"Sigmoid", {"x"}, "s"}, {"Mul", {"x", "s"}, "a"}},
           {{"Cast", {"x"}, "c2", {{"to", 1}}}, {"Clip", {"c2"}, "a"}},
           {{"ReduceMean", {"x"}, "m", {}, "", {{"axes", {2, 3}}}}, {"Mul", {"x", "m"}, "a"}}}) {
    corpus.add("onnx", network(before).file());
  }
}

void add_texts(Corpus& corpus) {
  corpus.add("class_names", "ants\nbees\nbeetles\n");
  corpus.add("class_names", R"(["ants", "bees"])");
  corpus.add("class_names", R"({"ants": 0, "bees": 1})");
  corpus.add("split_list", "path,label,split,group\nants/1.jpg,ants,train,a\n\"b,1.jpg\",b,val,\n");
  corpus.add("recipe",
             "model = \"resnet18\"\ntrain = [\"fc.weight\", \"fc.bias\"]\nlr = 0.0005\n"
             "stratify = false\nepochs = 10 # passes\n");
  record::TestRecord record({"ants", "bees"});
  record.add_train(0);
  record.add_val(0, 1, 2, "ants/1.jpg");
  record.add_val(1, 1, 3, "bees/2.jpg");
  record.finish({50, 66});
  record.run.plan = R"({"precision":"fp32","version":1})";
  corpus.add("run_folder",
             record::to_json(record.run).dump() + '\0' +
                 "iteration,epoch,seconds,train_loss,train_accuracy,val_loss,val_accuracy\n"
                 "10,1.0,0.5,0.5,50,0.6,50\n");
}

void add_segments(Corpus& corpus) {
  const base::TestFolder folder;
  const char* description = "records of the corpus";
  const std::byte record[12]{};
  cache::RecordStore store(folder.path(), description, sizeof record);
  for (int i = 0; i < 3; ++i) {
    store.add(cache::record_key(record, std::to_string(i)), std::span<const std::byte>(record));
    store.commit();
  }
  for (const base::Path& file : cache::segments_in(cache::folder_of(folder.path(), description))) {
    corpus.add("cache_segment", base::read_file(file));
  }
}

}  // namespace
}  // namespace engraft::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("fuzz_corpus FOLDER\n", stderr);
    return 2;
  }
  engraft::fuzz::Corpus corpus{engraft::base::Path(argv[1])};
  engraft::fuzz::add_pictures(corpus);
  engraft::fuzz::add_transforms(corpus);
  engraft::fuzz::add_weights(corpus);
  engraft::fuzz::add_networks(corpus);
  engraft::fuzz::add_onnx(corpus);
  engraft::fuzz::add_texts(corpus);
  engraft::fuzz::add_segments(corpus);
  return 0;
}
