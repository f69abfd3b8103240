"""What a person sees and steers while it lasts: views that are drawn again and again."""
