"""The program that colours people: clothes, skin and face by place on the resting body."""

from training.scenario.render.shaders import LIGHT

PERSON_VERTEX = """
#version 330
uniform mat4 view;
in vec3 in_at;
in vec3 in_normal;
in vec3 in_rest;
in vec2 in_part;   // kind, openness
out vec3 at;
out vec3 normal;
out vec3 rest;
out float open_air;
flat out int kind;
void main() {
    at = in_at;
    normal = in_normal;
    rest = in_rest;
    kind = int(in_part.x + 0.5);
    open_air = in_part.y;
    gl_Position = view * vec4(in_at, 1.0);
}
"""

_HEAD = """
#version 330
in vec3 at;
in vec3 normal;
in vec3 rest;
in float open_air;
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
uniform float opening;   // 1: a jacket with a front of its own
uniform int pattern;     // 0 plain, 1 stripes, 2 checks, 3 print
uniform float weave;     // length of the pattern, metres
"""

_CLOTHES = """
const vec3 SHOULDER = vec3(0.0, 0.175, 1.385);
const vec3 ARM = vec3(0.0, 0.545, -0.8386);

float bands(float value, float width) {
    float soft = clamp(fwidth(value) / width, 0.02, 0.5);
    float wave = abs(fract(value / width) * 2.0 - 1.0);
    return smoothstep(0.5 - soft, 0.5 + soft, wave);
}

float ellipse(vec2 p, vec2 centre, vec2 radii) {
    float far = length((p - centre) / radii);
    float soft = max(fwidth(far), 0.06);
    return 1.0 - smoothstep(1.0 - soft, 1.0 + soft, far);
}

vec3 top_color(vec3 p, float along, bool arm) {
    float up = arm ? along : p.z;
    vec3 color = top;
    if (pattern == 1) color = mix(top, detail, bands(up, weave));
    else if (pattern == 2) {
        float grid = bands(up, weave) + bands(arm ? p.x : rest.y, weave);
        color = mix(top, detail, grid * 0.42);
    } else if (pattern == 3 && !arm && rest.x > 0.0) {
        vec2 spot = vec2(rest.y, p.z);
        float mark = ellipse(spot, vec2(0.0, 1.27), vec2(0.085, 0.055));
        mark -= 0.8 * ellipse(spot, vec2(0.03, 1.275), vec2(0.03, 0.022));
        mark += ellipse(spot, vec2(0.0, 1.185), vec2(0.07, 0.008));
        color = mix(top, detail, clamp(mark, 0.0, 1.0));
    }
    if (opening > 0.5 && !arm && rest.x > 0.02) {
        float gap = 0.018 + 0.28 * max(p.z - 1.28, 0.0);
        float edge = fwidth(rest.y) + 0.002;
        color = mix(detail, color, smoothstep(gap - edge, gap + edge, p.y));
        color *= 1.0 - 0.35 * (1.0 - smoothstep(0.0, 0.006 + edge, abs(p.y - gap)));
    }
    return color;
}

vec3 body_color(vec3 p, out float cloth) {
    float along = dot(p - SHOULDER, ARM);
    float off = length(p - SHOULDER - along * ARM);
    bool arm = along > 0.005 && off < (along > 0.16 ? 0.13 : 0.088);
    cloth = 1.0;
    float trouser_end = legs < 0.5 ? 0.79 - 0.58 * legs : 0.95 - 0.90 * legs;
    float collar = 1.462 - 0.05 * smoothstep(0.0, 0.09, rest.x) * (1.0 - 0.5 * opening);
    if (arm) {
        float end = 0.03 + sleeves * 0.495;
        if (along > end) { cloth = 0.0; return skin; }
        float cuff = smoothstep(0.014, 0.018, end - along) * 0.22 + 0.78;
        return top_color(p, along, true) * cuff;
    }
    if (p.z > collar && p.y < 0.12) { cloth = 0.0; return skin; }
    if (p.z > hem) {
        float edge = smoothstep(0.010, 0.014, p.z - hem) * 0.25 + 0.75;
        edge *= smoothstep(0.006, 0.011, collar - p.z) * 0.2 + 0.8;
        return top_color(p, along, false) * edge;
    }
    if (p.z > trouser_end) {
        vec3 color = skirt > 0.5 ? bottom * 0.55 : bottom;
        float seam = smoothstep(0.0, 0.004, abs(rest.x + 0.012)) * 0.18 + 0.82;
        float pocket = ellipse(p.yz, vec2(0.09, 0.87), vec2(0.05, 0.06));
        color *= rest.x < -0.04 ? 1.0 - 0.18 * pocket : 1.0;
        if (p.z > 0.975) color = vec3(0.07, 0.05, 0.04);
        return color * (p.z < 0.8 ? seam : 1.0);
    }
    cloth = 0.0;
    return skin;
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

_MAIN = """
void main() {
    vec3 n = normalize(normal);
    vec3 way = normalize(eye_at - at);
    vec3 p = vec3(rest.x, abs(rest.y), rest.z);
    vec3 color = skin;
    float cloth = 0.0, gloss = 0.05;
    if (kind == 0) color = body_color(p, cloth);
    else if (kind == 1) color = face_color(rest - vec3(0.02, 0.0, 1.60));
    else if (kind == 2) {
        float along = dot(p - SHOULDER, ARM);
        float finger = abs(fract((rest.x + 0.030) / 0.0165) - 0.5) * 2.0;
        float groove = smoothstep(0.72, 0.95, finger) * smoothstep(0.60, 0.63, along);
        color = skin * (1.0 - 0.45 * groove);
        if (sleeves > 0.9 && along < 0.537) { color = top * 0.75; cloth = 1.0; }
    } else if (kind == 3) {
        vec3 sole = mix(shoes * 0.35, vec3(0.85), step(0.5, skirt + fract(weave * 61.0)));
        color = p.z < 0.024 ? sole : shoes;
        float lace = bands(rest.x, 0.022);
        lace *= ellipse(p.xy, vec2(0.05, 0.115), vec2(0.055, 0.02));
        color = mix(color, vec3(0.8), 0.7 * lace * step(0.05, p.z));
        gloss = 0.25;
    } else if (kind == 4) {
        vec3 q = rest * 90.0;
        float strand = sin(q.y * 4.7 + 6.0 * sin(q.z * 0.7) + 2.0 * sin(q.x * 1.3));
        strand += sin(q.x * 3.4 + q.z * 1.4 + 3.0 * sin(q.y * 0.9));
        color = hair * (0.97 + 0.07 * strand) + 0.01;
        n = normalize(n + 0.10 * vec3(sin(q.y * 2.1 + q.z), sin(q.x * 1.7), sin(q.y * 1.3)));
        gloss = 0.22;
    } else if (kind == 5) { color = detail; cloth = 0.5; }
    else if (kind == 6) { color = vec3(0.05); gloss = 0.5; }
    else { color = bottom * (0.92 + 0.08 * sin(rest.y * 70.0)); cloth = 1.0; }
    if (cloth > 0.5) {
        float fold = sin(rest.z * 61.0 + 4.0 * sin(rest.y * 17.0 + rest.x * 23.0));
        float cross_fold = sin(rest.y * 53.0 + 5.0 * sin(rest.z * 19.0) + rest.x * 31.0);
        n = normalize(n + 0.13 * vec3(cross_fold, fold, fold * 0.6 + cross_fold * 0.4));
        color *= 0.96 + 0.05 * fold * cross_fold;
        gloss = 0.02;
    }
    if (!gl_FrontFacing) n = -n;
    color = clamp(color, 0.0, 1.0);
    color *= color;
    float near_floor = 0.72 + 0.28 * smoothstep(0.0, 0.35, at.z);
    vec3 lit = color * light_on(at, n) * (0.35 + 0.65 * open_air) * near_floor;
    float edge = 1.0 - max(dot(n, way), 0.0);
    lit += color * sky_color * 0.35 * edge * edge * edge;
    vec3 half_way = normalize(way + sun_way);
    lit += sun_color * gloss * pow(max(dot(n, half_way), 0.0), 20.0) * open_air;
    shade = shown(lit);
}
"""

PERSON_FRAGMENT = _HEAD + LIGHT + _CLOTHES + _FACE + _MAIN
