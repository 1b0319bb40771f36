/** Two voices close together, the lower one quiet. */
export const Logo = () => (
  <svg class="logo" viewBox="0 0 72 72" aria-hidden="true" focusable="false">
    <rect class="logo-ground" width="72" height="72" rx="20" />
    <path class="logo-voice" d="M20 29c0-6 6-10 16-10s16 4 16 10" />
    <path class="logo-voice" d="M27 36.5c0-3 3.5-5 9-5s9 2 9 5" />
    <path class="logo-quiet" d="M20 43c0 6 6 10 16 10s16-4 16-10" />
  </svg>
);
