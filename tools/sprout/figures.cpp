#include "figures.h"

#include <cmath>
#include <numbers>

#include "figure_parts.h"

namespace engraft::sprout {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

// The surface's ink at a place of the figure. Light comes from the upper left of the picture.
class Coating {
 public:
  Coating(const Look& look, const demo::Frame& frame, base::Random& random)
      : look_(look),
        frame_(frame),
        noise_(random),
        turn_cos_(1),
        turn_sin_(0),
        share_(random.uniform(0.3F, 0.6F)),
        relief_(random.uniform(0.1F, 0.5F)) {
    const float turn = look.surface == Surface::kChecks ? random.uniform(0, kPi) : 0;
    turn_cos_ = demo::cosine(turn);
    turn_sin_ = demo::sine(turn);
    origin_ = frame.to_picture({});
  }

  demo::Ink operator()(demo::Point at) const {
    const demo::Point own = frame_.to_own(at);
    const float unit = frame_.unit();
    const float slope = ((at.x - origin_.x) + 1.2F * (at.y - origin_.y)) / unit;
    const float far = own.x * own.x + own.y * own.y;
    const float shade = 1 - relief_ * 0.5F * slope - relief_ * 0.4F * far;
    return demo::scaled(pattern(own, slope, far), look_.surface == Surface::kPlain ? 1 : shade);
  }

 private:
  demo::Ink pattern(demo::Point own, float slope, float far) const {
    const float f = look_.fine;
    switch (look_.surface) {
      case Surface::kPlain:
      case Surface::kShaded:
      case Surface::kFur:
        return look_.ink;
      case Surface::kGlossy: {
        const float shine = std::max(0.0F, 1 - far * 0.6F - std::abs(slope + 0.5F) * 2.2F);
        return demo::mix(look_.ink, {1, 1, 1, look_.ink.alpha}, 0.9F * shine);
      }
      case Surface::kBands:
        return two(wave(own.x * f + 0.2F * own.y * own.y));
      case Surface::kStripes:
        return two(wave(own.y * f * 1.3F));
      case Surface::kSpots: {
        const float row = std::floor(own.y * f * 1.4F);
        const float shift = row - 2 * std::floor(row / 2) > 0.5F ? 0.5F : 0.0F;
        const float dx = own.x * f * 1.4F + shift;
        const float px = dx - std::floor(dx) - 0.5F;
        const float py = own.y * f * 1.4F - row - 0.5F;
        return two(2 * (0.34F * share_ * 2 - std::sqrt(px * px + py * py)));
      }
      case Surface::kSpeckles:
        return two(noise_.at(own.x * f * 6, own.y * f * 6) - 0.35F);
      case Surface::kChecks: {
        const float x = turn_cos_ * own.x - turn_sin_ * own.y;
        const float y = turn_sin_ * own.x + turn_cos_ * own.y;
        return two(4 * demo::sine(x * f * kPi * 1.4F) * demo::sine(y * f * kPi * 1.4F));
      }
      case Surface::kMottled:
        return demo::mix(
            look_.ink, look_.second,
            std::clamp(0.5F + 1.3F * noise_.fractal(own.x * f, own.y * f, 3), 0.0F, 1.0F));
      case Surface::kRings:
        return two(wave(std::sqrt(far) * f));
      case Surface::kVeins: {
        const float side = std::abs(own.y);
        const float phase = (own.x - side) * f * 1.2F;
        const float across = std::abs(phase - std::floor(phase) - 0.5F);
        return two(std::max(3 * (0.06F - side), 0.1F - across) * 3);
      }
    }
    return look_.ink;
  }

  float wave(float periods) const {
    const float phase = periods - std::floor(periods);
    return 2 * (0.5F * share_ - std::abs(phase - 0.5F));
  }

  // Which of the two inks: the second where `inside` is positive, with a soft edge.
  demo::Ink two(float inside) const {
    const float soft = 0.25F * frame_.unit() / std::max(look_.fine, 1.0F);
    return demo::mix(look_.ink, look_.second, std::clamp(0.5F + inside * soft, 0.0F, 1.0F));
  }

  const Look& look_;
  const demo::Frame& frame_;
  demo::Noise noise_;
  float turn_cos_;
  float turn_sin_;
  float share_;
  float relief_;
  demo::Point origin_;
};

void draw_limbs(image::Image& image, const demo::Frame& frame, const Look& look,
                base::Random& random) {
  const float thick = random.uniform(0.04F, 0.13F);
  const demo::Ink ink = demo::scaled(look.second, random.uniform(0.5F, 1));
  const int count = look.limbs == Limbs::kFringe ? 26 : look.limb_count;
  const float start = random.uniform(0, 2 * kPi);
  const float reach = random.uniform(1.3F, 1.9F);
  for (int i = 0; i < count; ++i) {
    const float jitter = random.uniform(-0.15F, 0.15F);
    const float at = start + 2 * kPi * (static_cast<float>(i) + jitter) / static_cast<float>(count);
    const auto place = [&](float far, float aside) {
      return frame.to_picture({far * demo::cosine(at + aside), far * demo::sine(at + aside)});
    };
    const float bend = random.uniform(0.25F, 0.6F) * (random.chance(0.5F) ? 1.0F : -1.0F);
    const float unit = frame.unit();
    Path path{place(0, 0), place(reach, 0)};
    switch (look.limbs) {
      case Limbs::kJointed:
        path = {place(0, 0), place(0.7F * reach, bend), place(reach, 0)};
        break;
      case Limbs::kCurved:
        path = demo::smooth_path(
            Path{place(0, 0), place(0.6F * reach, bend), place(reach, -bend * 0.5F)});
        break;
      case Limbs::kFringe:
        path = {place(0.3F, 0), place(1.15F, bend * 0.4F)};
        break;
      case Limbs::kLobes: {
        const demo::Point middle = place(0.85F, 0);
        demo::paint(image, demo::cover_ellipse(image, middle, 0.3F * unit, 0.2F * unit, at), ink);
        continue;
      }
      case Limbs::kVeils: {
        demo::Ink veil = demo::mix(ink, {0.9F, 0.92F, 0.95F, 1}, 0.7F);
        veil.alpha = random.uniform(0.25F, 0.55F);
        const demo::Point middle = place(0.9F, 0);
        const demo::Point tip = place(1.8F, 0);
        const demo::Point root = place(0, 0);
        const float dx = 0.5F * (tip.x - root.x);
        const float dy = 0.5F * (tip.y - root.y);
        const demo::Frame along{middle, 0, 1, 1};
        Path outline;
        for (int p = 0; p < 24; ++p) {
          const float turn = 2 * kPi * static_cast<float>(p) / 24;
          const float wide = 0.35F * demo::sine(turn);
          outline.push_back(along.to_picture(
              {dx * demo::cosine(turn) - dy * wide, dy * demo::cosine(turn) + dx * wide}));
        }
        demo::paint(image, demo::cover_polygon(image, outline), veil);
        continue;
      }
      default:
        break;
    }
    const float width = (look.limbs == Limbs::kFringe ? 0.4F * thick : thick) * unit;
    demo::paint(image, demo::cover_stroke(image, path, width, width * 0.6F), ink);
  }
}

void draw_fur(image::Image& image, const demo::Frame& frame, const Parts& parts, demo::Ink ink,
              base::Random& random) {
  for (const Path& outline : parts.outlines) {
    demo::Point middle;
    for (const demo::Point p : outline) {
      middle.x += p.x / static_cast<float>(outline.size());
      middle.y += p.y / static_cast<float>(outline.size());
    }
    const int hairs = parts.outlines.size() > 4 ? 15 : 90;
    for (int i = 0; i < hairs; ++i) {
      const demo::Point rim = outline[random.below(outline.size())];
      const float out = std::sqrt(random.uniform());
      const float reach = out + random.uniform(0.12F, 0.3F);
      const float aside = random.uniform(-0.1F, 0.1F);
      const float dx = rim.x - middle.x;
      const float dy = rim.y - middle.y;
      demo::Ink hair = demo::scaled(ink, random.uniform(0.55F, 1.4F));
      hair.alpha = 0.7F;
      const Path path{frame.to_picture({middle.x + out * dx, middle.y + out * dy}),
                      frame.to_picture({middle.x + reach * (dx - aside * dy),
                                        middle.y + reach * (dy + aside * dx)})};
      demo::paint(image, demo::cover_stroke(image, path, 1.3F, 0.7F), hair);
    }
  }
}

}  // namespace

void draw_figure(image::Image& image, const demo::Frame& frame, const Look& look,
                 base::Random& random) {
  if (look.limbs != Limbs::kNone) draw_limbs(image, frame, look, random);
  Parts parts = composed_figure(look.figure, random);
  if (parts.outlines.empty() && parts.strokes.empty()) {
    parts = outlined_figure(look.figure, random);
  }
  const Coating coating(look, frame, random);
  for (const Path& outline : parts.outlines) {
    demo::paint_with(image, demo::cover_polygon(image, demo::to_picture(frame, outline)), coating);
  }
  for (const auto& [path, from, to] : parts.strokes) {
    demo::paint_with(image,
                     demo::cover_stroke(image, demo::to_picture(frame, path), from * frame.unit(),
                                        to * frame.unit()),
                     coating);
  }
  if (look.surface == Surface::kFur) draw_fur(image, frame, parts, look.ink, random);
}

}  // namespace engraft::sprout
