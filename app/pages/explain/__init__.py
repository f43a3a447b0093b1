"""The chosen pair: pictures, method, mask, sounds, exports."""
