"""Programs of the graphics card: light, solid things, flat ids, shadows."""

LIGHT = """
uniform vec3 sun_way;      // towards the light
uniform vec3 sun_color;
uniform vec3 sky_color;    // ambient from above
uniform vec3 ground_color; // ambient from below
uniform vec3 lamp_at[2];
uniform vec3 lamp_color[2];
uniform vec3 eye_at;

vec3 light_on(vec3 at, vec3 normal) {
    vec3 sum = mix(ground_color, sky_color, normal.z * 0.5 + 0.5);
    sum += sun_color * max(dot(normal, sun_way), 0.0);
    for (int i = 0; i < 2; ++i) {
        vec3 way = lamp_at[i] - at;
        float far = dot(way, way);
        float wrapped = max(dot(normal, way) * inversesqrt(far) * 0.8 + 0.2, 0.0);
        sum += lamp_color[i] * wrapped / (1.0 + 0.16 * far);
    }
    return sum;
}

// Colours are sRGB outside and linear in between; the picture is BGR.
vec4 shown(vec3 linear) {
    vec3 mapped = linear / (1.0 + 0.18 * max(linear.r, max(linear.g, linear.b)));
    return vec4(sqrt(clamp(mapped, 0.0, 1.0)).bgr, 1.0);
}
"""

SOLID_VERTEX = """
#version 330
uniform mat4 view;
uniform mat4 model;
in vec3 in_at;
in vec3 in_normal;
in vec3 in_color;
in vec3 in_paint;   // u, v, layer
in float in_glow;
out vec3 at;
out vec3 normal;
out vec3 color;
out vec3 paint;
out float glow;
void main() {
    vec4 world = model * vec4(in_at, 1.0);
    at = world.xyz;
    normal = mat3(model) * in_normal;
    color = in_color;
    paint = in_paint;
    glow = in_glow;
    gl_Position = view * world;
}
"""

SOLID_FRAGMENT = (
    """
#version 330
uniform sampler2DArray paints;
in vec3 at;
in vec3 normal;
in vec3 color;
in vec3 paint;
in float glow;
out vec4 shade;
uniform vec3 room;   // width, depth, height; 0 outdoors
"""
    + LIGHT
    + """
// Where walls, floor and ceiling meet less light arrives.
float corners(vec3 n) {
    if (room.x <= 0.0) return 1.0;
    vec3 near = min(abs(at), abs(room - at));
    vec3 dark = exp(-near / 0.28) * (1.0 - abs(n));
    return 1.0 - 0.42 * min(dark.x + dark.y + dark.z, 1.0);
}

void main() {
    vec3 n = normalize(normal);
    vec3 albedo = color * texture(paints, paint).rgb * 1.25;
    albedo *= albedo;
    vec3 way = normalize(eye_at - at);
    vec3 half_way = normalize(way + sun_way);
    float gloss = pow(max(dot(n, half_way), 0.0), 24.0) * 0.08;
    vec3 lit = albedo * light_on(at, n) * corners(n) + gloss * sun_color;
    shade = shown(mix(lit, albedo, glow));
}
"""
)

FLAT_VERTEX = """
#version 330
uniform mat4 view;
uniform mat4 model;
in vec3 in_at;
void main() { gl_Position = view * (model * vec4(in_at, 1.0)); }
"""

FLAT_FRAGMENT = """
#version 330
uniform float id;
out vec4 shade;
void main() { shade = vec4(id / 255.0); }
"""

SHADOW_VERTEX = """
#version 330
uniform mat4 view;
in vec3 in_at;
in vec2 in_place;
out vec2 place;
void main() {
    place = in_place;
    gl_Position = view * vec4(in_at, 1.0);
}
"""

SHADOW_FRAGMENT = """
#version 330
uniform sampler2D masks;
uniform float strength;
uniform float reach;   // of the soft edge, in the units of place
uniform vec4 cell;     // of the masks: corner and size
in vec2 place;
out vec4 shade;
void main() {
    float sum = 0.0;
    for (int i = -1; i <= 1; i += 2)
        for (int j = -1; j <= 1; j += 2) {
            vec2 at = clamp(place + reach * vec2(i, j), 0.004, 0.996);
            sum += texture(masks, cell.xy + cell.zw * at).r;
        }
    shade = vec4(vec3(1.0 - strength * sum / 4.0), 1.0);
}
"""

BLOB_VERTEX = """
#version 330
uniform mat4 view;
in vec3 in_at;
in vec2 in_place;
in float in_strength;
out vec2 place;
out float strength;
void main() {
    place = in_place;
    strength = in_strength;
    gl_Position = view * vec4(in_at, 1.0);
}
"""

BLOB_FRAGMENT = """
#version 330
in vec2 place;
in float strength;
out vec4 shade;
void main() {
    vec2 off = place * 2.0 - 1.0;
    float fade = clamp(1.0 - dot(off, off), 0.0, 1.0);
    shade = vec4(vec3(1.0 - strength * fade * fade), 1.0);
}
"""
