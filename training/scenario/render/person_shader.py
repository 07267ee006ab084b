"""The programs that colour people: clothes, skin and face by place on the resting body."""

from training.scenario.render.body import BODY, CAP, FRAME, HAIR, HAND, HEAD, SHOE, SKIRT
from training.scenario.render.shaders import LIGHT

PERSON_VERTEX = (
    """
#version 330
uniform mat4 view;
in vec3 in_at;
in vec3 in_normal;
in vec3 in_rest;
in vec2 in_part;   // kind, openness
out vec3 rest;
out vec3 soft;      // light that arrives, rim included
out float shine;
flat out int kind;
"""
    + LIGHT
    + """
void main() {
    rest = in_rest;
    kind = int(in_part.x + 0.5);
    float open_air = in_part.y;
    vec3 n = normalize(in_normal);
    vec3 way = normalize(eye_at - in_at);
    float near_floor = 0.72 + 0.28 * clamp(in_at.z * 2.9, 0.0, 1.0);
    float edge = 1.0 - max(dot(n, way), 0.0);
    soft = light_on(in_at, n) * ((0.35 + 0.65 * open_air) * near_floor);
    soft += sky_color * (0.35 * edge * edge * edge);
    shine = pow(max(dot(n, normalize(way + sun_way)), 0.0), 16.0) * open_air;
    gl_Position = view * vec4(in_at, 1.0);
}
"""
)

_HEAD = """
in vec3 rest;
in vec3 soft;
in float shine;
flat in int kind;
out vec4 shade;
uniform vec3 skin;
uniform vec3 hair;
uniform vec3 top;
uniform vec3 detail;
uniform vec3 bottom;
uniform vec3 shoes;
uniform vec3 iris;
uniform float sleeves;
uniform float legs;
uniform float skirt;
uniform float beard;
uniform float hem;       // height at which the top ends
uniform float weave;     // length of the pattern, metres
"""

_PLACES = """
const vec3 SHOULDER = vec3(0.0, 0.175, 1.385);
const vec3 ARM = vec3(0.0, 0.545, -0.8386);

float bands(float value, float width) {
    float soft = clamp(fwidth(value) / width, 0.02, 0.5);
    float wave = abs(fract(value / width) * 2.0 - 1.0);
    return smoothstep(0.5 - soft, 0.5 + soft, wave);
}

float ellipse(vec2 p, vec2 centre, vec2 radii) {
    vec2 off = (p - centre) / radii;
    float far = dot(off, off);
    return clamp((1.0 - far) * 3.0 + 0.5, 0.0, 1.0);
}
"""

_GARMENTS = """
vec3 top_color(vec3 p, float up, float across, bool arm) {
    vec3 color = top;
#if PATTERN == 1
    color = mix(top, detail, bands(up, weave));
#elif PATTERN == 2
    color = mix(top, detail, (bands(up, weave) + bands(across, weave)) * 0.42);
#elif PATTERN == 3
    vec2 spot = vec2(rest.y, p.z);
    float mark = ellipse(spot, vec2(0.0, 1.27), vec2(0.085, 0.055));
    mark -= 0.8 * ellipse(spot, vec2(0.03, 1.275), vec2(0.03, 0.022));
    mark += ellipse(spot, vec2(0.0, 1.185), vec2(0.07, 0.008));
    color = !arm && rest.x > 0.0 ? mix(top, detail, clamp(mark, 0.0, 1.0)) : top;
#endif
#if OPENING
    float gap = 0.018 + 0.28 * max(p.z - 1.28, 0.0);
    vec3 jacket = mix(detail, color, smoothstep(gap - 0.004, gap + 0.004, p.y));
    jacket *= 0.65 + 0.35 * smoothstep(0.0, 0.010, abs(p.y - gap));
    color = !arm && rest.x > 0.0 ? jacket : color;
#endif
    return color;
}

vec3 body_color(vec3 p, out float cloth) {
    float along = dot(p - SHOULDER, ARM);
    vec3 away = p - SHOULDER - along * ARM;
    float thick = along > 0.16 ? 0.13 : 0.088;
    bool arm = along > 0.005 && dot(away, away) < thick * thick;
    float trouser_end = legs < 0.5 ? 0.79 - 0.58 * legs : 0.95 - 0.90 * legs;
    float collar = 1.462 - 0.05 * smoothstep(0.0, 0.09, rest.x) * (1.0 - 0.5 * OPENING);
    float sleeve_left = 0.03 + sleeves * 0.495 - along;
    vec3 upper = top_color(p, arm ? along : p.z, arm ? p.x : rest.y, arm);
    // Cuffs, collars and hems are a shade darker.
    float edge = arm ? sleeve_left - 0.016 : min(p.z - hem - 0.012, collar - p.z - 0.009);
    upper *= 0.78 + 0.22 * smoothstep(-0.003, 0.003, edge);
    vec3 lower = skirt > 0.5 ? bottom * 0.55 : bottom;
    float pocket = rest.x < -0.04 ? ellipse(p.yz, vec2(0.09, 0.87), vec2(0.05, 0.06)) : 0.0;
    float seam = p.z < 0.8 ? 0.18 * (1.0 - smoothstep(0.0, 0.004, abs(rest.x + 0.012))) : 0.0;
    lower *= 1.0 - 0.18 * pocket - seam;
    lower = p.z > 0.975 ? vec3(0.07, 0.05, 0.04) : lower;
    bool trunk_bare = p.z > collar && p.y < 0.12 || p.z < trouser_end;
    bool bare = arm ? sleeve_left < 0.0 : trunk_bare;
    cloth = bare ? 0.0 : 1.0;
    return bare ? skin : arm || p.z > hem ? upper : lower;
}
"""

_FACE = """
vec3 face_color(vec3 h) {
    vec3 color = skin;
    vec2 f = vec2(abs(h.y), h.z);
    float cheek = ellipse(f, vec2(0.042, -0.022), vec2(0.03, 0.022));
    color = mix(color, skin * vec3(1.06, 0.86, 0.84), 0.5 * cheek);
    float grown = (1.0 - smoothstep(-0.040, -0.024, h.z + 0.35 * max(0.05 - h.x, 0.0)))
        * smoothstep(-0.025, 0.0, h.x) * smoothstep(-0.13, -0.10, h.z);
    grown = max(grown, ellipse(f, vec2(0.0, -0.044), vec2(0.03, 0.009)) * step(0.0, h.x));
    color = mix(color, hair * 0.8 + skin * 0.1, grown * beard * 0.9);
    if (h.x < 0.03) return color;
    color *= 1.0 - 0.30 * ellipse(f, vec2(0.033, 0.024), vec2(0.028, 0.020));
    float tilt = 0.10 * (f.x - 0.034);
    float brow = ellipse(f + vec2(0.0, tilt), vec2(0.035, 0.044), vec2(0.021, 0.0055));
    color = mix(color, hair * 0.55, 0.85 * brow);
    float eye = ellipse(f, vec2(0.033, 0.020), vec2(0.0165, 0.0085));
    color = mix(color, skin * 0.25, ellipse(f, vec2(0.033, 0.0225), vec2(0.0185, 0.0100)));
    color = mix(color, vec3(0.90, 0.89, 0.87), eye);
    color = mix(color, iris, eye * ellipse(f, vec2(0.033, 0.0205), vec2(0.0078, 0.0082)));
    color = mix(color, vec3(0.03), eye * ellipse(f, vec2(0.033, 0.0205), vec2(0.0036, 0.0038)));
    color = mix(color, skin * 0.35, 0.8 * ellipse(f, vec2(0.0085, -0.030), vec2(0.0055, 0.0038)));
    float lips = ellipse(f, vec2(0.0, -0.064), vec2(0.026, 0.0105));
    color = mix(color, skin * vec3(0.83, 0.50, 0.48), 0.85 * lips);
    float gap = ellipse(f, vec2(0.0, -0.064), vec2(0.025, 0.0024));
    color = mix(color, skin * vec3(0.30, 0.14, 0.13), 0.9 * gap);
    return color;
}
"""

_PAINT_CLOTH = """
vec3 paint(out vec3 bump, out float gloss) {
    float cloth;
    vec3 color = body_color(vec3(rest.x, abs(rest.y), rest.z), cloth);
    if (kind == 7) { color = bottom * (0.92 + 0.08 * sin(rest.y * 70.0)); cloth = 1.0; }
    float fold = sin(rest.z * 61.0 + 4.0 * sin(rest.y * 17.0 + rest.x * 23.0));
    float other = sin(rest.y * 53.0 + 5.0 * sin(rest.z * 19.0) + rest.x * 31.0);
    bump = 0.13 * cloth * vec3(other, fold, fold * 0.6 + other * 0.4);
    gloss = 0.05 - 0.03 * cloth;
    return color * (1.0 + cloth * (0.05 * fold * other - 0.04));
}
"""

_PAINT_FACE = """
vec3 paint(out vec3 bump, out float gloss) {
    gloss = 0.05;
    bump = vec3(0.0);
    return face_color(rest - vec3(0.02, 0.0, 1.60));
}
"""

_PAINT_HAIR = """
vec3 paint(out vec3 bump, out float gloss) {
    bump = vec3(0.0);
    gloss = kind == 4 ? 0.22 : kind == 6 ? 0.5 : 0.03;
    if (kind != 4) return kind == 6 ? vec3(0.05) : detail;
    vec3 q = rest * 90.0;
    float strand = sin(q.y * 4.7 + 6.0 * sin(q.z * 0.7) + 2.0 * sin(q.x * 1.3));
    bump = 0.10 * vec3(sin(q.y * 2.1 + q.z), sin(q.x * 1.7), strand * 0.5);
    return hair * (0.97 + 0.10 * strand) + 0.01;
}
"""

_PAINT_ENDS = """
vec3 paint(out vec3 bump, out float gloss) {
    bump = vec3(0.0);
    vec3 p = vec3(rest.x, abs(rest.y), rest.z);
    gloss = kind == 3 ? 0.25 : 0.05;
    if (kind == 2) {
        float along = dot(p - SHOULDER, ARM);
        float finger = abs(fract((rest.x + 0.030) / 0.0165) - 0.5) * 2.0;
        float groove = smoothstep(0.72, 0.95, finger) * smoothstep(0.60, 0.63, along);
        vec3 cuff = top * 0.75;
        return sleeves > 0.9 && along < 0.537 ? cuff : skin * (1.0 - 0.45 * groove);
    }
    vec3 sole = mix(shoes * 0.35, vec3(0.85), step(0.5, skirt + fract(weave * 61.0)));
    float lace = bands(rest.x, 0.022) * ellipse(p.xy, vec2(0.05, 0.115), vec2(0.055, 0.02));
    vec3 upper = mix(shoes, vec3(0.8), 0.7 * lace * step(0.05, p.z));
    return p.z < 0.024 ? sole : upper;
}
"""

_MAIN = """
void main() {
    vec3 bump;
    float gloss;
    vec3 color = clamp(paint(bump, gloss), 0.0, 1.0);
    // Folds and locks tilt the surface to the light or away from it.
    float tilt = 1.0 + dot(bump, normalize(sun_way + vec3(0.0, 0.0, 0.5)));
    shade = shown(color * color * soft * tilt + sun_color * (gloss * shine));
}
"""

_START = _HEAD + LIGHT + _PLACES

_FRAGMENTS = (
    ((BODY, SKIRT), _START + _GARMENTS + _PAINT_CLOTH + _MAIN),
    ((HEAD,), _START + _FACE + _PAINT_FACE + _MAIN),
    ((HAIR, CAP, FRAME), _START + _PAINT_HAIR + _MAIN),
    ((HAND, SHOE), _START + _PAINT_ENDS + _MAIN),
)


def person_fragments(pattern: int, *, opening: bool) -> list[tuple[tuple[int, ...], str]]:
    """Kinds of parts and the program that colours them.

    pattern: 0 plain, 1 stripes, 2 checks, 3 print. opening: a jacket with a front of its own.
    One program for all would be three times as slow: in software every branch is run for every
    pixel.
    """
    start = "#version 330\n"
    chosen = f"{start}#define PATTERN {pattern}\n#define OPENING {int(opening)}\n"
    return [
        (kinds, (chosen if BODY in kinds else start) + fragment) for kinds, fragment in _FRAGMENTS
    ]
