#include "zoo/table.h"

#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

constexpr ResidualBlock kBasic = ResidualBlock::kBasic;
constexpr ResidualBlock kBottleneck = ResidualBlock::kBottleneck;
constexpr bool kSqueeze = true;  // RegNetY
constexpr graph::BatchNorm2d kEfficientNetNorm{.eps = 0.001F, .momentum = 0.01};
constexpr graph::BatchNorm2d kEfficientNetV2Norm{.eps = 0.001F};

}  // namespace

// Names are torchvision 0.14's; depth, w_0, w_a, w_m and group width for RegNet.
std::span<const Builder> builders() {
  static const std::vector<Builder> rows = {
      {"sprout", sprout},
      {"alexnet", alexnet},
      {"vgg11", [] { return vgg("vgg11", 11, BatchNormalization::kNo); }},
      {"vgg13", [] { return vgg("vgg13", 13, BatchNormalization::kNo); }},
      {"vgg16", [] { return vgg("vgg16", 16, BatchNormalization::kNo); }},
      {"vgg19", [] { return vgg("vgg19", 19, BatchNormalization::kNo); }},
      {"vgg11_bn", [] { return vgg("vgg11_bn", 11, BatchNormalization::kYes); }},
      {"vgg13_bn", [] { return vgg("vgg13_bn", 13, BatchNormalization::kYes); }},
      {"vgg16_bn", [] { return vgg("vgg16_bn", 16, BatchNormalization::kYes); }},
      {"vgg19_bn", [] { return vgg("vgg19_bn", 19, BatchNormalization::kYes); }},
      {"resnet18",
       [] {
         return resnet("resnet18", {.block = kBasic, .blocks = {2, 2, 2, 2}});
       }},
      {"resnet34",
       [] {
         return resnet("resnet34", {.block = kBasic, .blocks = {3, 4, 6, 3}});
       }},
      {"resnet50",
       [] {
         return resnet("resnet50", {.block = kBottleneck, .blocks = {3, 4, 6, 3}});
       }},
      {"resnet101",
       [] {
         return resnet("resnet101", {.block = kBottleneck, .blocks = {3, 4, 23, 3}});
       }},
      {"resnet152",
       [] {
         return resnet("resnet152", {.block = kBottleneck, .blocks = {3, 8, 36, 3}});
       }},
      {"resnext50_32x4d",
       [] {
         return resnet(
             "resnext50_32x4d",
             {.block = kBottleneck, .blocks = {3, 4, 6, 3}, .groups = 32, .group_width = 4});
       }},
      {"resnext101_32x8d",
       [] {
         return resnet(
             "resnext101_32x8d",
             {.block = kBottleneck, .blocks = {3, 4, 23, 3}, .groups = 32, .group_width = 8});
       }},
      {"resnext101_64x4d",
       [] {
         return resnet(
             "resnext101_64x4d",
             {.block = kBottleneck, .blocks = {3, 4, 23, 3}, .groups = 64, .group_width = 4});
       }},
      {"wide_resnet50_2",
       [] {
         return resnet(
             "wide_resnet50_2",
             {.block = kBottleneck, .blocks = {3, 4, 6, 3}, .groups = 1, .group_width = 128});
       }},
      {"wide_resnet101_2",
       [] {
         return resnet(
             "wide_resnet101_2",
             {.block = kBottleneck, .blocks = {3, 4, 23, 3}, .groups = 1, .group_width = 128});
       }},
      {"squeezenet1_0", [] { return squeezenet("squeezenet1_0", SqueezeNetVersion::k1_0); }},
      {"squeezenet1_1", [] { return squeezenet("squeezenet1_1", SqueezeNetVersion::k1_1); }},
      {"googlenet", googlenet},
      {"inception_v3", inception_v3},
      {"densenet121",
       [] {
         return densenet("densenet121",
                         {.layers = {6, 12, 24, 16}, .growth = 32, .stem_channels = 64});
       }},
      {"densenet161",
       [] {
         return densenet("densenet161",
                         {.layers = {6, 12, 36, 24}, .growth = 48, .stem_channels = 96});
       }},
      {"densenet169",
       [] {
         return densenet("densenet169",
                         {.layers = {6, 12, 32, 32}, .growth = 32, .stem_channels = 64});
       }},
      {"densenet201",
       [] {
         return densenet("densenet201",
                         {.layers = {6, 12, 48, 32}, .growth = 32, .stem_channels = 64});
       }},
      {"mobilenet_v2", [] { return mobilenet_v2("mobilenet_v2", 1.0); }},
      {"mobilenet_v2_x0_35", [] { return mobilenet_v2("mobilenet_v2_x0_35", 0.35); }},
      {"mobilenet_v2_x0_5", [] { return mobilenet_v2("mobilenet_v2_x0_5", 0.5); }},
      {"mobilenet_v2_x0_75", [] { return mobilenet_v2("mobilenet_v2_x0_75", 0.75); }},
      {"mobilenet_v3_small",
       [] { return mobilenet_v3("mobilenet_v3_small", MobileNetV3Size::kSmall); }},
      {"mobilenet_v3_large",
       [] { return mobilenet_v3("mobilenet_v3_large", MobileNetV3Size::kLarge); }},
      {"mnasnet0_5", [] { return mnasnet("mnasnet0_5", 0.5); }},
      {"mnasnet0_75", [] { return mnasnet("mnasnet0_75", 0.75); }},
      {"mnasnet1_0", [] { return mnasnet("mnasnet1_0", 1.0); }},
      {"mnasnet1_3", [] { return mnasnet("mnasnet1_3", 1.3); }},
      {"shufflenet_v2_x0_5",
       [] {
         return shufflenet_v2("shufflenet_v2_x0_5", {24, 48, 96, 192, 1024});
       }},
      {"shufflenet_v2_x1_0",
       [] {
         return shufflenet_v2("shufflenet_v2_x1_0", {24, 116, 232, 464, 1024});
       }},
      {"shufflenet_v2_x1_5",
       [] {
         return shufflenet_v2("shufflenet_v2_x1_5", {24, 176, 352, 704, 1024});
       }},
      {"shufflenet_v2_x2_0",
       [] {
         return shufflenet_v2("shufflenet_v2_x2_0", {24, 244, 488, 976, 2048});
       }},
      {"efficientnet_b0",
       [] {
         return efficientnet("efficientnet_b0",
                             {.width = 1.0, .depth = 1.0, .dropout = 0.2F, .input_size = 224});
       }},
      {"efficientnet_b1",
       [] {
         return efficientnet("efficientnet_b1",
                             {.width = 1.0, .depth = 1.1, .dropout = 0.2F, .input_size = 240});
       }},
      {"efficientnet_b2",
       [] {
         return efficientnet("efficientnet_b2",
                             {.width = 1.1, .depth = 1.2, .dropout = 0.3F, .input_size = 288});
       }},
      {"efficientnet_b3",
       [] {
         return efficientnet("efficientnet_b3",
                             {.width = 1.2, .depth = 1.4, .dropout = 0.3F, .input_size = 300});
       }},
      {"efficientnet_b4",
       [] {
         return efficientnet("efficientnet_b4",
                             {.width = 1.4, .depth = 1.8, .dropout = 0.4F, .input_size = 380});
       }},
      {"efficientnet_b5",
       [] {
         return efficientnet("efficientnet_b5", {.width = 1.6,
                                                 .depth = 2.2,
                                                 .dropout = 0.4F,
                                                 .input_size = 456,
                                                 .norm = kEfficientNetNorm});
       }},
      {"efficientnet_b6",
       [] {
         return efficientnet("efficientnet_b6", {.width = 1.8,
                                                 .depth = 2.6,
                                                 .dropout = 0.5F,
                                                 .input_size = 528,
                                                 .norm = kEfficientNetNorm});
       }},
      {"efficientnet_b7",
       [] {
         return efficientnet("efficientnet_b7", {.width = 2.0,
                                                 .depth = 3.1,
                                                 .dropout = 0.5F,
                                                 .input_size = 600,
                                                 .norm = kEfficientNetNorm});
       }},
      {"efficientnet_v2_s",
       [] {
         return efficientnet("efficientnet_v2_s", {.kind = EfficientNetKind::kV2Small,
                                                   .dropout = 0.2F,
                                                   .input_size = 384,
                                                   .norm = kEfficientNetV2Norm});
       }},
      {"efficientnet_v2_m",
       [] {
         return efficientnet("efficientnet_v2_m", {.kind = EfficientNetKind::kV2Medium,
                                                   .dropout = 0.3F,
                                                   .input_size = 480,
                                                   .norm = kEfficientNetV2Norm});
       }},
      {"efficientnet_v2_l",
       [] {
         return efficientnet("efficientnet_v2_l", {.kind = EfficientNetKind::kV2Large,
                                                   .dropout = 0.4F,
                                                   .input_size = 480,
                                                   .norm = kEfficientNetV2Norm});
       }},
      {"regnet_y_400mf",
       [] {
         return regnet("regnet_y_400mf", {16, 48, 27.89F, 2.09F, 8, kSqueeze});
       }},
      {"regnet_y_800mf",
       [] {
         return regnet("regnet_y_800mf", {14, 56, 38.84F, 2.4F, 16, kSqueeze});
       }},
      {"regnet_y_1_6gf",
       [] {
         return regnet("regnet_y_1_6gf", {27, 48, 20.71F, 2.65F, 24, kSqueeze});
       }},
      {"regnet_y_3_2gf",
       [] {
         return regnet("regnet_y_3_2gf", {21, 80, 42.63F, 2.66F, 24, kSqueeze});
       }},
      {"regnet_y_8gf",
       [] {
         return regnet("regnet_y_8gf", {17, 192, 76.82F, 2.19F, 56, kSqueeze});
       }},
      {"regnet_y_16gf",
       [] {
         return regnet("regnet_y_16gf", {18, 200, 106.23F, 2.48F, 112, kSqueeze});
       }},
      {"regnet_y_32gf",
       [] {
         return regnet("regnet_y_32gf", {20, 232, 115.89F, 2.53F, 232, kSqueeze});
       }},
      {"regnet_y_128gf",
       [] {
         return regnet("regnet_y_128gf", {27, 456, 160.83F, 2.52F, 264, kSqueeze});
       }},
      {"regnet_x_400mf",
       [] {
         return regnet("regnet_x_400mf", {22, 24, 24.48F, 2.54F, 16});
       }},
      {"regnet_x_800mf",
       [] {
         return regnet("regnet_x_800mf", {16, 56, 35.73F, 2.28F, 16});
       }},
      {"regnet_x_1_6gf",
       [] {
         return regnet("regnet_x_1_6gf", {18, 80, 34.01F, 2.25F, 24});
       }},
      {"regnet_x_3_2gf",
       [] {
         return regnet("regnet_x_3_2gf", {25, 88, 26.31F, 2.25F, 48});
       }},
      {"regnet_x_8gf",
       [] {
         return regnet("regnet_x_8gf", {23, 80, 49.56F, 2.88F, 120});
       }},
      {"regnet_x_16gf",
       [] {
         return regnet("regnet_x_16gf", {22, 216, 55.59F, 2.1F, 128});
       }},
      {"regnet_x_32gf",
       [] {
         return regnet("regnet_x_32gf", {23, 320, 69.86F, 2.0F, 168});
       }},
      {"convnext_tiny",
       [] {
         return convnext(
             "convnext_tiny",
             {.channels = {96, 192, 384, 768}, .depths = {3, 3, 9, 3}, .drop_probability = 0.1});
       }},
      {"convnext_small",
       [] {
         return convnext(
             "convnext_small",
             {.channels = {96, 192, 384, 768}, .depths = {3, 3, 27, 3}, .drop_probability = 0.4});
       }},
      {"convnext_base",
       [] {
         return convnext(
             "convnext_base",
             {.channels = {128, 256, 512, 1024}, .depths = {3, 3, 27, 3}, .drop_probability = 0.5});
       }},
      {"convnext_large",
       [] {
         return convnext(
             "convnext_large",
             {.channels = {192, 384, 768, 1536}, .depths = {3, 3, 27, 3}, .drop_probability = 0.5});
       }},
      {"vit_b_16",
       [] {
         return vision_transformer(
             "vit_b_16", {.patch = 16, .depth = 12, .heads = 12, .width = 768, .mlp_width = 3072});
       }},
      {"vit_b_32",
       [] {
         return vision_transformer(
             "vit_b_32", {.patch = 32, .depth = 12, .heads = 12, .width = 768, .mlp_width = 3072});
       }},
      {"vit_l_16",
       [] {
         return vision_transformer(
             "vit_l_16", {.patch = 16, .depth = 24, .heads = 16, .width = 1024, .mlp_width = 4096});
       }},
      {"vit_l_32",
       [] {
         return vision_transformer(
             "vit_l_32", {.patch = 32, .depth = 24, .heads = 16, .width = 1024, .mlp_width = 4096});
       }},
      {"vit_h_14",
       [] {
         return vision_transformer(
             "vit_h_14", {.patch = 14, .depth = 32, .heads = 16, .width = 1280, .mlp_width = 5120});
       }},
      {"swin_t",
       [] {
         return swin_transformer("swin_t", {.width = 96,
                                            .depths = {2, 2, 6, 2},
                                            .heads = {3, 6, 12, 24},
                                            .drop_probability = 0.2});
       }},
      {"swin_s",
       [] {
         return swin_transformer("swin_s", {.width = 96,
                                            .depths = {2, 2, 18, 2},
                                            .heads = {3, 6, 12, 24},
                                            .drop_probability = 0.3});
       }},
      {"swin_b",
       [] {
         return swin_transformer("swin_b", {.width = 128,
                                            .depths = {2, 2, 18, 2},
                                            .heads = {4, 8, 16, 32},
                                            .drop_probability = 0.5});
       }},
      {"swin_v2_t",
       [] {
         return swin_transformer("swin_v2_t", {.width = 96,
                                               .depths = {2, 2, 6, 2},
                                               .heads = {3, 6, 12, 24},
                                               .drop_probability = 0.2,
                                               .second_version = true});
       }},
      {"swin_v2_s",
       [] {
         return swin_transformer("swin_v2_s", {.width = 96,
                                               .depths = {2, 2, 18, 2},
                                               .heads = {3, 6, 12, 24},
                                               .drop_probability = 0.3,
                                               .second_version = true});
       }},
      {"swin_v2_b",
       [] {
         return swin_transformer("swin_v2_b", {.width = 128,
                                               .depths = {2, 2, 18, 2},
                                               .heads = {4, 8, 16, 32},
                                               .drop_probability = 0.5,
                                               .second_version = true});
       }},
      {"maxvit_t", maxvit_t},
      {"dinov2_vits14", [] { return dinov2("dinov2_vits14", 384, 6); }},
      {"dinov2_vitb14", [] { return dinov2("dinov2_vitb14", 768, 12); }},
  };
  return rows;
}

}  // namespace engraft::zoo
