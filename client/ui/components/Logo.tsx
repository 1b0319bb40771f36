/** A voice that grows quiet: sotto voce. */
export const Logo = () => (
  <svg class="logo" viewBox="0 0 72 72" aria-hidden="true" focusable="false">
    <rect class="logo-ground" width="72" height="72" rx="20" />
    <path
      class="logo-bubble"
      d="M20 17h32a8 8 0 0 1 8 8v18a8 8 0 0 1-8 8H35L24.5 58.5a1.5 1.5 0 0 1-2.5-1.200V51h-2a8 8 0 0 1-8-8V25a8 8 0 0 1 8-8Z"
    />
    <path class="logo-voice" d="M24 27v14M32 29.5v9M40 31.5v5M48 33.5v1" />
  </svg>
);
